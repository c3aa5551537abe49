// SPDX-License-Identifier: BSL-1.0
#include "table_text.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace podpool::bench {

namespace {

/// Characters, not bytes: what an editor shows.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string number_text(double value, int decimals) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(decimals) << value;
    return text.str();
}

std::string spread_text(const series& values, int decimals) {
    return "(" + number_text(values.smallest(), decimals) + " to " + number_text(values.largest(), decimals) +
           ")";
}

std::string with_spread(const series& values, int decimals) {
    return number_text(values.median(), decimals) + " " + spread_text(values, decimals);
}

void print_values(std::ostream& out, const series& values) {
    out << '[';
    for (std::size_t index = 0; index < values.values().size(); ++index) {
        out << (index != 0 ? "," : "") << values.values()[index];
    }
    out << ']';
}

void print_aligned(std::ostream& out, const table_lines& lines) {
    std::vector<std::size_t> widths(lines.empty() ? 0 : lines.front().size());
    for (const auto& line : lines) {
        for (std::size_t column = 0; column < widths.size(); ++column) {
            widths[column] = std::max(widths[column], width_of(line[column]));
        }
    }
    for (const auto& line : lines) {
        for (std::size_t column = 0; column < widths.size(); ++column) {
            out << line[column] << std::string(widths[column] - width_of(line[column]) + 2, ' ');
        }
        out << '\n';
    }
}

void print_markdown_table(std::ostream& out, const table_lines& lines) {
    for (std::size_t index = 0; index < lines.size(); ++index) {
        out << '|';
        for (const std::string& cell : lines[index]) out << ' ' << cell << (cell.empty() ? "|" : " |");
        out << '\n';
        if (index != 0) continue;
        out << '|';
        for (std::size_t column = 0; column < lines.front().size(); ++column) out << "---|";
        out << '\n';
    }
}

}  // namespace podpool::bench
