// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/option_table.hpp>
#include <podpool/option_value.hpp>
#include <podpool/options.hpp>

#include <vector>

namespace podpool {

/// Lists every pool option with its value as text, in the order of docs/options.md.
/// `current`: the options to show; they need not be valid.
/// Returns one entry per key. The driver's part of the connection string is not in it, so no password is.
/// Throws nothing but std::bad_alloc. Thread safety: a pure function.
inline std::vector<option_value> option_values(const options& current) {
    const options defaults;
    std::vector<option_value> values;
    values.reserve(detail::option_table.size());
    for (const detail::option_row& row : detail::option_table) {
        values.emplace_back(std::string(row.key), row.value_text(current), row.same(current, defaults));
    }
    return values;
}

}  // namespace podpool
