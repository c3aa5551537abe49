// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "series.hpp"

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace podpool::bench {

/// What each contender of a contest gives, in this order.
enum contest_figure : std::size_t {
    per_second,
    wait_p50,  ///< microseconds, as the next two
    wait_p99,
    wait_p999,
    cpu_per_query,  ///< microseconds of the client's CPU time, as the next two
    user_per_query,
    system_per_query,
};

/// Several that do the same work in turns: a table of their own, a line for each.
struct contest {
    struct entry {
        std::string name;
        std::vector<series> figures;
        /// Per query; empty: not measured.
        std::string system_calls;
    };

    std::string group;
    std::string workload;
    std::vector<entry> entries;
    /// Which of the entries the others' throughput is divided by.
    std::size_t baseline = 0;
};

/// A table's lines, the first one its heads.
std::vector<std::vector<std::string>> table_of(const contest& shown);

void print_contest_json(std::ostream& out, const contest& shown);

}  // namespace podpool::bench
