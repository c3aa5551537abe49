// SPDX-License-Identifier: BSL-1.0
#include <podpool/mysql/detail/cell.hpp>

namespace podpool::detail {

bool decode_bool(const mysql_cell& cell) {
    const std::string_view text = decode_text(cell);
    const bool number = !text.empty() && text.find_first_not_of("0123456789", text.front() == '-' ? 1 : 0) ==
                                             std::string_view::npos;
    if (!number || text == "-") refuse_cell(cell, shown_cell(text) + " is not a boolean (an integer)");
    return text.find_first_of("123456789") != std::string_view::npos;
}

std::vector<std::byte> decode_bytes(const mysql_cell& cell) { return plain_bytes(decode_text(cell)); }

}  // namespace podpool::detail
