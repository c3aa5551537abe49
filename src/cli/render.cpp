// SPDX-License-Identifier: BSL-1.0
#include "cli/render.hpp"

#include "cli/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

namespace podpool::cli {

text_table::text_table(std::vector<column> columns) : columns_(std::move(columns)) {}

void text_table::add(std::vector<std::string> cells) {
    cells.resize(columns_.size());
    for (std::string& cell : cells) cell = one_line(cell);
    rows_.push_back(std::move(cells));
}

std::vector<std::string> text_table::lines() const {
    std::vector<std::string> headings;
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        headings.push_back(columns_[i].heading);
        std::size_t width = columns_[i].heading.size();
        for (const auto& row : rows_) width = std::max(width, row[i].size());
        widths.push_back(width);
    }
    std::vector<std::string> lines;
    const auto add_line = [&](const std::vector<std::string>& cells) {
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string padding(widths[i] - cells[i].size(), ' ');
            if (i > 0) line += "  ";
            line += columns_[i].side == align::right ? padding + cells[i] : cells[i] + padding;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        lines.push_back(std::move(line));
    };
    add_line(headings);
    for (const auto& row : rows_) add_line(row);
    return lines;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text.append(line).append(1, '\n');
    return text;
}

std::string error_line(std::string_view message, const endpoint& where) {
    const std::string name = to_string(where) + ": ";
    if (message.starts_with(name)) message.remove_prefix(name.size());
    return one_line(message);
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string decimal(double value, int decimals) {
    std::array<char, 64> digits{};
    const int length = std::snprintf(digits.data(), digits.size(), "%.*f", decimals, value);
    return {digits.data(), std::min(static_cast<std::size_t>(std::max(length, 0)), digits.size() - 1)};
}

std::string count_text(std::uint64_t count, std::string_view noun) {
    return std::to_string(count).append(1, ' ').append(noun).append(count == 1 ? "" : "s");
}

std::string time_stamp(std::chrono::system_clock::time_point moment) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

double seconds(std::chrono::nanoseconds value) { return std::chrono::duration<double>(value).count(); }

double microseconds(std::chrono::nanoseconds value) {
    return std::chrono::duration<double, std::micro>(value).count();
}

}  // namespace podpool::cli
