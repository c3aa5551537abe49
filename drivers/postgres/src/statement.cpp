// SPDX-License-Identifier: BSL-1.0
#include <podpool/postgres/detail/borrowed_statement.hpp>
#include <podpool/postgres/detail/statement.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

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

namespace {

parameter_type array_of(parameter_type element) {
    switch (element) {
        case parameter_type::boolean:
            return parameter_type::boolean_array;
        case parameter_type::bytea:
            return parameter_type::bytea_array;
        case parameter_type::int2:
            return parameter_type::int2_array;
        case parameter_type::int4:
            return parameter_type::int4_array;
        case parameter_type::int8:
            return parameter_type::int8_array;
        case parameter_type::float4:
            return parameter_type::float4_array;
        case parameter_type::float8:
            return parameter_type::float8_array;
        case parameter_type::numeric:
            return parameter_type::numeric_array;
        default:
            return parameter_type::inferred;
    }
}

void append_quoted(std::string& text, std::string_view value) {
    text += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    text += '"';
}

/// Bytes in hexadecimal form, with the backslash that an array's quotes want.
void append_bytes(std::string& text, std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += "\"\\\\x";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    text += '"';
}

}  // namespace

void array_writer::add(const bound_parameter& element) {
    if (text_.size() > 1) text_ += ',';
    if (element.null) {
        text_ += "NULL";
    } else if (element.type == parameter_type::inferred) {
        append_quoted(text_, element.value);
    } else if (element.type == parameter_type::bytea) {
        append_bytes(text_, element.value);
    } else {
        text_ += element.value;
        // One number too large for int8 makes them all numeric.
        if (element.type == parameter_type::numeric) element_ = parameter_type::numeric;
    }
}

bound_parameter array_writer::finish() && {
    text_ += '}';
    return {array_of(element_), false, std::move(text_)};
}

void check_statement(std::string_view sql, std::size_t parameters) {
    // The protocol has 16 bits for their number.
    constexpr std::size_t most_parameters = 65535;
    if (parameters > most_parameters) {
        throw std::invalid_argument("the statement has " + std::to_string(parameters) +
                                    " parameters, and PostgreSQL takes at most 65535; send an array");
    }
    // libpq's texts end at a zero byte: what follows would be lost without a word.
    if (sql.find('\0') != std::string_view::npos) {
        throw std::invalid_argument("the statement has a zero byte, which PostgreSQL can't take");
    }
}

void check_text(std::string_view text, std::size_t number) {
    if (text.find('\0') == std::string_view::npos) return;
    throw std::invalid_argument("parameter $" + std::to_string(number) +
                                " has a zero byte, which PostgreSQL's text can't hold; send bytes");
}

void postgres_statement::check() const {
    check_statement(sql_, parameters_.size());
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (parameters_[i].type != parameter_type::bytea) check_text(parameters_[i].value, i + 1);
    }
}

void borrowed_statement::borrow(const bound_parameter& value) {
    const bool binary = value.type == parameter_type::bytea;
    if (!binary) check_text(value.value, arrays_.size() + 1);
    arrays_.add(static_cast<unsigned>(value.type), value.null ? nullptr : value.value.c_str(),
                value.value.size(), binary);
}

void borrowed_statement::copy(const bound_parameter& value) {
    check_text(value.value, arrays_.size() + 1);
    arrays_.add(static_cast<unsigned>(value.type), value.null ? nullptr : keep(value.value),
                value.value.size(), false);
}

}  // namespace podpool::detail
