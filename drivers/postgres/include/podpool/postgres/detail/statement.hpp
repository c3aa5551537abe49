// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/query_parameter.hpp>
#include <podpool/parameters.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace podpool {

class postgres;

namespace detail {

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
    boolean_array = 1000,
    bytea_array = 1001,
    int2_array = 1005,
    int4_array = 1007,
    int8_array = 1016,
    float4_array = 1021,
    float8_array = 1022,
    numeric_array = 1231,
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
    if constexpr (is_optional<T>) {
        return type_of<typename T::value_type>();
    } else if constexpr (std::is_same_v<T, bool>) {
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
        null.type = type_of<type>();
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

/// Writes the elements of an array in the server's text form: `{1,NULL}`, `{"a","say \"b\""}`.
class array_writer {
public:
    /// `element`: the type of the elements as far as their C++ type tells it.
    explicit array_writer(parameter_type element) : element_(element) {}

    void add(const bound_parameter& element);
    [[nodiscard]] bound_parameter finish() &&;

private:
    parameter_type element_;
    std::string text_ = "{";
};

/// A type that is sent as an array: a range of scalar parameters, such as std::vector<int>, std::span<const
/// double>, std::vector<std::optional<std::string>>.
template <class T>
concept array_parameter = !query_parameter<T> && std::ranges::input_range<const T> &&
                          query_parameter<std::ranges::range_value_t<const T>>;

template <array_parameter T>
bound_parameter bind_array(const T& range) {
    using element = std::ranges::range_value_t<const T>;
    array_writer array(type_of<element>());
    for (const element& one : range) array.add(bind_parameter(one));
    return std::move(array).finish();
}

template <class T>
inline constexpr bool is_optional_array = false;
template <array_parameter T>
inline constexpr bool is_optional_array<std::optional<T>> = true;

template <>
struct parameter_binding<postgres> {
    using value = bound_parameter;

    template <class T>
    static constexpr bool accepts = query_parameter<T> || array_parameter<T> || is_optional_array<T>;

    template <class T>
        requires accepts<T>
    static bound_parameter bind(const T& value) {
        if constexpr (query_parameter<T>) {
            return bind_parameter(value);
        } else if constexpr (array_parameter<T>) {
            return bind_array(value);
        } else {
            return value ? bind_array(*value) : bound_parameter();
        }
    }
};

/// What query() takes beside the statement: a parameter, or a list of them.
template <class T>
concept postgres_argument = std::same_as<std::remove_cvref_t<T>, parameters<postgres>> ||
                            parameter_binding<postgres>::accepts<std::remove_cvref_t<T>>;

/// Throws std::invalid_argument for a text with a zero byte, which PostgreSQL can't take, and for more
/// parameters than a statement can have.
void check_statement(std::string_view sql, std::size_t parameters);
/// The same of a parameter's text; `number`: from 1.
void check_text(std::string_view text, std::size_t number);

/// A statement with copies of its parameters: nothing of the caller's is needed any more.
class postgres_statement {
public:
    /// Throws std::invalid_argument for a text with a zero byte, which PostgreSQL can't take,
    /// and for more parameters than a statement can have.
    template <postgres_argument... Arguments>
    explicit postgres_statement(std::string_view sql, const Arguments&... arguments) : sql_(sql) {
        parameters_.reserve(sizeof...(arguments));
        (append(arguments), ...);
        check();
    }

    /// Whether an argument of async_query is a parameter or a list of them, and no completion token.
    template <class T>
    static constexpr bool takes = postgres_argument<T>;

    [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
    [[nodiscard]] const std::vector<bound_parameter>& parameters() const noexcept { return parameters_; }

private:
    template <class T>
    void append(const T& value) {
        parameters_.push_back(parameter_binding<postgres>::bind(value));
    }
    void append(const podpool::parameters<postgres>& list) {
        parameters_.insert(parameters_.end(), list.values().begin(), list.values().end());
    }
    void check() const;

    std::string sql_;
    std::vector<bound_parameter> parameters_;
};

}  // namespace detail
}  // namespace podpool
