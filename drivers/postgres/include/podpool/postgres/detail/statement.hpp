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
#include <vector>

namespace podpool::detail {

/// The type of a parameter as the server numbers it; `inferred` lets the server find it out.
enum class parameter_type : unsigned {
    inferred = 0,
    boolean = 16,
    bytea = 17,
    int8 = 20,
    int2 = 21,
    int4 = 23,
    float4 = 700,
    float8 = 701,
    numeric = 1700,
};

/// One bound value, ready for PQsendQueryParams.
struct bound_parameter {
    parameter_type type = parameter_type::inferred;
    bool null = true;
    /// Text, or the bytes themselves for bytea.
    std::string value;
};

bound_parameter bind_signed(std::int64_t value, std::size_t size);
bound_parameter bind_unsigned(std::uint64_t value, std::size_t size);
bound_parameter bind_float(float value);
bound_parameter bind_double(double value);
bound_parameter bind_text(std::string_view value);
bound_parameter bind_bytes(std::span<const std::byte> value);

template <class T>
constexpr parameter_type integer_type() {
    // An unsigned type needs the next larger one; a 64-bit one is sent as int8 when it fits.
    constexpr std::size_t bytes = std::is_signed_v<T> ? sizeof(T) : 2 * sizeof(T);
    return bytes <= 2 ? parameter_type::int2 : bytes == 4 ? parameter_type::int4 : parameter_type::int8;
}

/// The type that a NULL of this C++ type is sent with.
template <class T>
constexpr parameter_type type_of() {
    if constexpr (std::is_same_v<T, bool>) {
        return parameter_type::boolean;
    } else if constexpr (plain_integer<T>) {
        return integer_type<T>();
    } else if constexpr (std::is_same_v<T, float>) {
        return parameter_type::float4;
    } else if constexpr (std::is_same_v<T, double>) {
        return parameter_type::float8;
    } else if constexpr (!std::is_convertible_v<const T&, std::string_view> && byte_range<T>) {
        return parameter_type::bytea;
    } else {
        return parameter_type::inferred;
    }
}

template <query_parameter T>
bound_parameter bind_parameter(const T& value) {
    using type = std::decay_t<T>;
    if constexpr (std::is_same_v<type, std::nullptr_t> || std::is_same_v<type, std::nullopt_t>) {
        return {};
    } else if constexpr (is_optional<type>) {
        if (value) return bind_parameter(*value);
        bound_parameter null;
        null.type = type_of<typename type::value_type>();
        return null;
    } else if constexpr (std::is_same_v<type, bool>) {
        return {parameter_type::boolean, false, value ? "t" : "f"};
    } else if constexpr (plain_integer<type> && std::is_signed_v<type>) {
        return bind_signed(value, sizeof(type));
    } else if constexpr (plain_integer<type>) {
        return bind_unsigned(value, sizeof(type));
    } else if constexpr (std::is_same_v<type, float>) {
        return bind_float(value);
    } else if constexpr (std::is_same_v<type, double>) {
        return bind_double(value);
    } else if constexpr (std::is_pointer_v<T>) {
        return value == nullptr ? bound_parameter{} : bind_text(value);
    } else if constexpr (std::is_convertible_v<const type&, std::string_view>) {
        return bind_text(value);
    } else {
        return bind_bytes(value);
    }
}

/// A statement with copies of its parameters: nothing of the caller's is needed any more.
class postgres_statement {
public:
    /// Throws std::invalid_argument for a text with a zero byte, which PostgreSQL can't take.
    template <query_parameter... Parameters>
    explicit postgres_statement(std::string_view sql, const Parameters&... parameters) : sql_(sql) {
        parameters_.reserve(sizeof...(parameters));
        (parameters_.push_back(bind_parameter(parameters)), ...);
        check();
    }

    [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
    [[nodiscard]] const std::vector<bound_parameter>& parameters() const noexcept { return parameters_; }

private:
    void check() const;

    std::string sql_;
    std::vector<bound_parameter> parameters_;
};

}  // namespace podpool::detail
