// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// The number of characters to insert, delete or replace to turn `from` into `to`.
inline std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

/// The row of `rows` whose `key` is nearest to `key`; the first of equally near ones.
template <class Rows>
const auto& nearest(std::string_view key, const Rows& rows) {
    return *std::min_element(rows.begin(), rows.end(), [key](const auto& left, const auto& right) {
        return edit_distance(key, left.key) < edit_distance(key, right.key);
    });
}

/// Whether two keys are so near that one may be meant by the other: at most a third of the characters differ,
/// those of a `prefix` not counted that all keys begin with.
inline bool is_near(std::string_view given, std::string_view known, std::size_t prefix = 0) {
    const std::size_t length = std::max(given.size(), known.size()) - std::min(prefix, given.size());
    return 3 * edit_distance(given, known) <= length;
}

}  // namespace podpool::detail
