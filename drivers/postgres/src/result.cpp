// SPDX-License-Identifier: BSL-1.0
#include <podpool/postgres/result.hpp>
#include <podpool/postgres/value_error.hpp>

#include <libpq-fe.h>

#include <charconv>
#include <stdexcept>

namespace podpool {

namespace {

constexpr Oid bytea_oid = 17;

[[noreturn]] void no_column(std::size_t column, std::size_t columns) {
    throw std::out_of_range("column " + std::to_string(column) + " of a result with " +
                            std::to_string(columns) + " columns");
}

}  // namespace

void postgres_result::clear::operator()(pg_result* result) const noexcept { PQclear(result); }

std::size_t postgres_result::rows() const noexcept {
    return static_cast<std::size_t>(PQntuples(result_.get()));
}

std::size_t postgres_result::columns() const noexcept {
    return static_cast<std::size_t>(PQnfields(result_.get()));
}

std::size_t postgres_result::affected_rows() const noexcept {
    if (!result_) return 0;
    const std::string_view text = PQcmdTuples(result_.get());
    std::size_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

std::string_view postgres_result::command_tag() const noexcept {
    if (!result_) return {};
    return PQcmdStatus(result_.get());
}

std::string_view postgres_result::column_name(std::size_t column) const {
    if (column >= columns()) no_column(column, columns());
    return PQfname(result_.get(), static_cast<int>(column));
}

std::size_t postgres_result::column_index(std::string_view name) const {
    for (std::size_t column = 0; column < columns(); ++column) {
        if (column_name(column) == name) return column;
    }
    std::string names;
    for (std::size_t column = 0; column < columns(); ++column) {
        names.append(names.empty() ? "" : ", ").append(column_name(column));
    }
    throw std::out_of_range("no column \"" + std::string(name) + "\" in a result with the columns: " + names);
}

std::string_view postgres_result::text(std::size_t row, std::size_t column) const noexcept {
    // libpq tells the connection, which may be gone, of cells that aren't there.
    if (row >= rows() || column >= columns()) return {};
    const int r = static_cast<int>(row);
    const int c = static_cast<int>(column);
    const auto size = static_cast<std::size_t>(PQgetlength(result_.get(), r, c));
    if (size == 0 && PQgetisnull(result_.get(), r, c) != 0) return {};
    return {PQgetvalue(result_.get(), r, c), size};
}

detail::postgres_cell postgres_result::cell(std::size_t row, std::size_t column) const {
    if (row >= rows()) {
        throw std::out_of_range("row " + std::to_string(row) + " of a result with " + std::to_string(rows()) +
                                " rows");
    }
    const int r = static_cast<int>(row);
    const int c = static_cast<int>(column);
    detail::postgres_cell found;
    found.row = row;
    found.column = column_name(column);
    found.is_bytea = PQftype(result_.get(), c) == bytea_oid;
    if (PQgetisnull(result_.get(), r, c) == 0) {
        found.text = std::string_view(PQgetvalue(result_.get(), r, c),
                                      static_cast<std::size_t>(PQgetlength(result_.get(), r, c)));
    }
    return found;
}

}  // namespace podpool
