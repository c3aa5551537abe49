// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/query_parameter.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace podpool::detail {

/// Bytes that are no text: the server must not convert them to another character set.
struct mysql_bytes {
    std::string value;
};

/// One bound value with the type that it is sent as; std::monostate is NULL.
using mysql_parameter =
    std::variant<std::monostate, std::int64_t, std::uint64_t, double, std::string, mysql_bytes>;

mysql_bytes copy_bytes(std::span<const std::byte> value);

template <query_parameter T>
mysql_parameter bind_mysql(const T& value) {
    using type = std::decay_t<T>;
    if constexpr (std::is_same_v<type, std::nullptr_t> || std::is_same_v<type, std::nullopt_t>) {
        return {};
    } else if constexpr (is_optional<type>) {
        return value ? bind_mysql(*value) : mysql_parameter();
    } else if constexpr (std::is_same_v<type, bool> || (plain_integer<type> && std::is_signed_v<type>)) {
        return std::int64_t{value};
    } else if constexpr (plain_integer<type>) {
        return std::uint64_t{value};
    } else if constexpr (std::is_floating_point_v<type>) {
        return double{value};
    } else if constexpr (std::is_pointer_v<T>) {
        return value == nullptr ? mysql_parameter() : mysql_parameter(std::string(value));
    } else if constexpr (std::is_convertible_v<const type&, std::string_view>) {
        return std::string(std::string_view(value));
    } else {
        return copy_bytes(value);
    }
}

/// A statement with copies of its parameters: nothing of the caller's is needed any more.
class mysql_statement {
public:
    /// Throws std::invalid_argument for a number that MySQL doesn't have (NaN, an infinity).
    template <query_parameter... Parameters>
    explicit mysql_statement(std::string_view sql, const Parameters&... parameters) : sql_(sql) {
        parameters_.reserve(sizeof...(parameters));
        (parameters_.push_back(bind_mysql(parameters)), ...);
        check();
    }

    [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
    [[nodiscard]] const std::vector<mysql_parameter>& parameters() const noexcept { return parameters_; }

private:
    void check() const;

    std::string sql_;
    std::vector<mysql_parameter> parameters_;
};

}  // namespace podpool::detail
