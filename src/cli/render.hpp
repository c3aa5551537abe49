// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::cli {

enum class align { left, right };

/// One column of a table.
struct column {
    std::string heading;
    align side = align::left;

    explicit column(std::string heading_, align side_ = align::left)
        : heading(std::move(heading_)), side(side_) {}
};

/// Text in columns that are as wide as their widest cell, two blanks apart.
class text_table {
public:
    explicit text_table(std::vector<column> columns);

    /// Adds a row; it has one cell per column.
    void add(std::vector<std::string> cells);
    /// The heading and the rows, without blanks at their ends.
    [[nodiscard]] std::vector<std::string> lines() const;

private:
    std::vector<column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// The lines with a line feed behind each.
std::string joined(const std::vector<std::string>& lines);

/// An endpoint's error on one line, without the endpoint's own name at the front.
std::string error_line(std::string_view message, const endpoint& where);

/// The text, or `-` when there is none.
std::string or_dash(const std::string& text);

/// A number with a fixed number of decimals.
std::string decimal(double value, int decimals);

/// A count and its noun: `1 error`, `2 errors`.
std::string count_text(std::uint64_t count, std::string_view noun);

/// The moment in UTC: `2026-01-31T15:04:05Z`.
std::string time_stamp(std::chrono::system_clock::time_point moment);

/// A duration in seconds.
double seconds(std::chrono::nanoseconds value);

/// A duration in microseconds.
double microseconds(std::chrono::nanoseconds value);

}  // namespace podpool::cli
