// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "contest.hpp"
#include "rounds.hpp"
#include "series.hpp"

#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace podpool::bench {

/// A figure's name and how it is written.
struct figure {
    std::string unit;
    int decimals = 0;
};

/// What issue and page promise: a bound of the ratio, or of the value where there is nothing to compare with.
struct aim {
    enum class bound { at_most, at_least };
    bound side = bound::at_most;
    double limit = 0;
    bool of_value = false;
};

/// One line of the table: podpool beside something else.
struct row {
    row(std::string group_, std::string workload_, figure unit_, series measured_)
        : group(std::move(group_)),
          workload(std::move(workload_)),
          unit(std::move(unit_)),
          measured(std::move(measured_)) {}

    row& against(std::string name, series values) {
        baseline = std::move(name);
        compared = std::move(values);
        return *this;
    }

    std::string group;
    std::string workload;
    figure unit;
    series measured;       ///< podpool's
    std::string baseline;  ///< empty: compared with nothing
    series compared;
    std::optional<aim> goal;
};

/// Everything measured in one run.
struct report {
    std::vector<row> rows;
    std::vector<contest> contests;
    std::vector<std::string> remarks;
    std::vector<std::string> not_run;

    /// Says that measurements of a workload were disturbed, if any were.
    void note_disturbed(const std::string& workload, const outcome& result);
};

/// Whether an aim is met and, if not, by how much it is missed; empty without an aim.
std::string verdict(const row& judged);

void print_table(std::ostream& out, const report& all);
void print_markdown(std::ostream& out, const report& all);
void print_json(std::ostream& out, const report& all);

}  // namespace podpool::bench
