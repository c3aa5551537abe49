// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// The rows of a result, all cells in one buffer, row by row.
struct mysql_rows {
    /// Where a cell ends in `text`; it begins where the one before it ends.
    struct cell_end {
        std::size_t position = 0;
        bool null = false;
    };

    std::vector<std::string> columns;
    std::vector<cell_end> ends;
    std::string text;
    std::uint64_t affected = 0;
    /// The bytes of the largest row.
    std::size_t largest_row = 0;
    std::uint64_t last_insert_id = 0;

    void add(std::string_view value) {
        text.append(value);
        ends.push_back({text.size(), false});
    }
    void add_null() { ends.push_back({text.size(), true}); }
};

}  // namespace podpool::detail
