// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <utility>

namespace podpool {

/// One pool option as text: what `podpool parse` shows and what the connection string would say.
struct option_value {
    /// The key in the connection string, such as `pool_max_conns`.
    std::string key;
    /// The value in the form the parser reads; for an unset `pool_name` the words `host:port/db`.
    std::string value;
    /// Whether the value is the default.
    bool is_default = false;

    option_value() = default;
    option_value(std::string key_, std::string value_, bool is_default_)
        : key(std::move(key_)), value(std::move(value_)), is_default(is_default_) {}

    friend bool operator==(const option_value&, const option_value&) = default;
};

}  // namespace podpool
