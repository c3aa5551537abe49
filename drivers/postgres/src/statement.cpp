// SPDX-License-Identifier: BSL-1.0
#include <podpool/postgres/detail/statement.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace podpool::detail {

namespace {

// Enough for any 64-bit integer and for the shortest text of a double.
using number_text = std::array<char, 32>;

template <class T>
std::string digits_of(T value) {
    number_text text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    return {text.data(), end.ptr};
}

template <class T>
std::string float_text(T value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return digits_of(value);
}

parameter_type signed_type(std::size_t size) {
    return size <= 2 ? parameter_type::int2 : size == 4 ? parameter_type::int4 : parameter_type::int8;
}

}  // namespace

bound_parameter bind_signed(std::int64_t value, std::size_t size) {
    return {signed_type(size), false, digits_of(value)};
}

bound_parameter bind_unsigned(std::uint64_t value, std::size_t size) {
    const bool fits = value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return {fits ? signed_type(2 * size) : parameter_type::numeric, false, digits_of(value)};
}

bound_parameter bind_float(float value) { return {parameter_type::float4, false, float_text(value)}; }

bound_parameter bind_double(double value) { return {parameter_type::float8, false, float_text(value)}; }

bound_parameter bind_text(std::string_view value) {
    return {parameter_type::inferred, false, std::string(value)};
}

bound_parameter bind_bytes(std::span<const std::byte> value) {
    return {parameter_type::bytea, false,
            std::string(reinterpret_cast<const char*>(value.data()), value.size())};
}

void postgres_statement::check() const {
    // libpq's texts end at a zero byte: what follows would be lost without a word.
    if (sql_.find('\0') != std::string::npos) {
        throw std::invalid_argument("the statement has a zero byte, which PostgreSQL can't take");
    }
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const bound_parameter& parameter = parameters_[i];
        if (parameter.type != parameter_type::bytea && parameter.value.find('\0') != std::string::npos) {
            throw std::invalid_argument("parameter $" + std::to_string(i + 1) +
                                        " has a zero byte, which PostgreSQL's text can't hold; send bytes");
        }
    }
}

}  // namespace podpool::detail
