// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/query_parameter.hpp>
#include <podpool/parameters.hpp>

#include <concepts>
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

namespace podpool {

class mysql;

namespace detail {

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

template <>
struct parameter_binding<mysql> {
    using value = mysql_parameter;

    template <class T>
    static constexpr bool accepts = query_parameter<T>;
    template <query_parameter T>
    static mysql_parameter bind(const T& value) {
        return bind_mysql(value);
    }
};

/// What query() takes beside the statement: a parameter, or a list of them. A vector is neither, since MySQL
/// has no arrays.
template <class T>
concept mysql_argument = std::same_as<std::remove_cvref_t<T>, parameters<mysql>> || query_parameter<T>;

/// A statement with copies of its parameters: nothing of the caller's is needed any more.
class mysql_statement {
public:
    /// Throws std::invalid_argument for a number that MySQL doesn't have (NaN, an infinity).
    template <mysql_argument... Arguments>
    explicit mysql_statement(std::string_view sql, const Arguments&... arguments) : sql_(sql) {
        parameters_.reserve(sizeof...(arguments));
        (append(arguments), ...);
        check();
    }

    /// Whether an argument of async_query is a parameter or a list of them, and no completion token.
    template <class T>
    static constexpr bool takes = mysql_argument<T>;

    [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
    [[nodiscard]] const std::vector<mysql_parameter>& parameters() const noexcept { return parameters_; }

private:
    template <class T>
    void append(const T& value) {
        parameters_.push_back(bind_mysql(value));
    }
    void append(const podpool::parameters<mysql>& list) {
        parameters_.insert(parameters_.end(), list.values().begin(), list.values().end());
    }
    void check() const;

    std::string sql_;
    std::vector<mysql_parameter> parameters_;
};

/// About how many bytes a statement takes on its way to the server, with its parameters.
std::size_t size_of(const mysql_statement& statement) noexcept;

}  // namespace detail
}  // namespace podpool
