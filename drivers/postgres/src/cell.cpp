// SPDX-License-Identifier: BSL-1.0
#include <podpool/postgres/detail/cell.hpp>
#include <podpool/postgres/value_error.hpp>

#include <libpq-fe.h>

#include <charconv>
#include <memory>
#include <new>
#include <system_error>

namespace podpool::detail {

namespace {

// A cell can hold megabytes, and a message shouldn't.
constexpr std::size_t shown_length = 40;

[[noreturn]] void refuse(const postgres_cell& cell, const std::string& reason) {
    throw postgres_value_error(cell.row, std::string(cell.column), reason);
}

std::string shown(std::string_view text) {
    return "'" + std::string(text.substr(0, shown_length)) + (text.size() > shown_length ? "...'" : "'");
}

template <class T>
T number(const postgres_cell& cell, const char* type) {
    const std::string_view text = decode_text(cell);
    T value{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed == std::errc::result_out_of_range) refuse(cell, shown(text) + " doesn't fit into " + type);
    if (failed != std::errc() || end != text.data() + text.size())
        refuse(cell, shown(text) + " is not " + type);
    return value;
}

}  // namespace

std::string_view decode_text(const postgres_cell& cell) {
    if (!cell.text) refuse(cell, "it is NULL; ask for a std::optional, or is_null() first");
    return *cell.text;
}

std::int64_t decode_signed(const postgres_cell& cell, std::int64_t low, std::int64_t high) {
    const auto value = number<std::int64_t>(cell, "an integer of 64 bits");
    if (value < low || value > high) {
        refuse(cell,
               shown(*cell.text) + " is not within " + std::to_string(low) + " to " + std::to_string(high));
    }
    return value;
}

std::uint64_t decode_unsigned(const postgres_cell& cell, std::uint64_t high) {
    const auto value = number<std::uint64_t>(cell, "an unsigned integer of 64 bits");
    if (value > high) refuse(cell, shown(*cell.text) + " is not within 0 to " + std::to_string(high));
    return value;
}

float decode_float(const postgres_cell& cell) { return number<float>(cell, "a float"); }

double decode_double(const postgres_cell& cell) { return number<double>(cell, "a double"); }

bool decode_bool(const postgres_cell& cell) {
    const std::string_view text = decode_text(cell);
    if (text != "t" && text != "f") refuse(cell, shown(text) + " is not a boolean");
    return text == "t";
}

std::vector<std::byte> decode_bytes(const postgres_cell& cell) {
    const std::string_view text = decode_text(cell);
    if (!cell.is_bytea) {
        const auto* first = reinterpret_cast<const std::byte*>(text.data());
        return {first, first + text.size()};
    }
    std::size_t size = 0;
    const std::unique_ptr<unsigned char, decltype(&PQfreemem)> bytes(
        PQunescapeBytea(reinterpret_cast<const unsigned char*>(text.data()), &size), &PQfreemem);
    if (!bytes) throw std::bad_alloc();
    const auto* first = reinterpret_cast<const std::byte*>(bytes.get());
    return {first, first + size};
}

}  // namespace podpool::detail
