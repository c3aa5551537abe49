// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "series.hpp"

#include <ostream>
#include <string>
#include <vector>

namespace podpool::bench {

/// Lines of cells; the first line is the heads.
using table_lines = std::vector<std::vector<std::string>>;

std::string number_text(double value, int decimals);
/// `(smallest to largest)`
std::string spread_text(const series& values, int decimals);
/// `median (smallest to largest)`
std::string with_spread(const series& values, int decimals);
/// `[1,2,3]`
void print_values(std::ostream& out, const series& values);

/// Columns as wide as their widest cell.
void print_aligned(std::ostream& out, const table_lines& lines);
void print_markdown_table(std::ostream& out, const table_lines& lines);

}  // namespace podpool::bench
