// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/connection_string.hpp>
#include <podpool/options.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <thread>
#include <utility>

namespace podpool {

namespace detail {

// Both are defined in option_table.hpp, which needs options complete and so can't come first.
inline options read_options(const split_string& text);
inline void check_options(const options& current);

}  // namespace detail

inline options options::parse(std::string_view connection_string) {
    detail::split_string split = detail::split_connection_string(connection_string);
    options result = detail::read_options(split);
    result.driver_string = secret(std::move(split.rest));
    return result;
}

inline void options::validate() const { detail::check_options(*this); }

inline std::size_t options::default_max_conns() {
    return std::max<std::size_t>(4, std::thread::hardware_concurrency());
}

}  // namespace podpool

#include <podpool/detail/option_table.hpp>
