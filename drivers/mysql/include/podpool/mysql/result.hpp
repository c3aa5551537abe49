// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/await_deferred.hpp>
#include <podpool/mysql/detail/cell.hpp>
#include <podpool/mysql/detail/rows.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace podpool {

namespace detail {
class mysql_session;
}

/// The rows that a statement returned; owns them and outlives its connection.
///
/// Thread safety: const functions may run at once. Views and string_views point into the result.
class mysql_result {
public:
    /// No rows, no columns.
    mysql_result() noexcept = default;
    /// Takes rows over.
    explicit mysql_result(detail::mysql_rows rows)
        : rows_(std::make_unique<const detail::mysql_rows>(std::move(rows))) {}

    [[nodiscard]] std::size_t rows() const noexcept;
    [[nodiscard]] std::size_t columns() const noexcept;
    /// Whether there are no rows.
    [[nodiscard]] bool empty() const noexcept { return rows() == 0; }
    /// How many rows an INSERT, REPLACE, DELETE or UPDATE touched (UPDATE: changed, or found with
    /// CLIENT_FOUND_ROWS), or a SELECT returned; 0 for others.
    [[nodiscard]] std::size_t affected_rows() const noexcept;
    /// The AUTO_INCREMENT id that an INSERT or REPLACE was given by the server: the first one, if it has
    /// several rows, or what LAST_INSERT_ID(x) in the statement has set. 0 where none was generated, after a
    /// statement with rows (`INSERT ... RETURNING`), and always with Oracle's connector, which doesn't tell.
    [[nodiscard]] std::uint64_t last_insert_id() const noexcept;

    /// The name of a column, counted from 0. Throws std::out_of_range.
    [[nodiscard]] std::string_view column_name(std::size_t column) const;
    /// The first column of this name, exactly as the server spells it. Throws std::out_of_range.
    [[nodiscard]] std::size_t column_index(std::string_view name) const;

    /// Whether a cell is NULL. Throws std::out_of_range.
    [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const { return !cell(row, column).text; }

    /// A cell as a C++ value.
    ///
    /// `row`, `column`: from 0. `T`: any integer type but character types, float, double, bool (of any
    /// integer: not 0), std::string, std::string_view (into this result), std::vector<std::byte>, or
    /// std::optional of one of them, which is empty for NULL. As text, DECIMAL and the types of date and
    /// time are what the server writes (`12.50`, `2026-11-23 18:00:00`), a BIT is its number.
    /// Throws std::out_of_range for a row or column that isn't there, value_error for NULL (unless T is
    /// optional) and for a text that isn't a T or doesn't fit into one.
    template <class T>
    [[nodiscard]] T get(std::size_t row, std::size_t column) const {
        return detail::decode_cell<T>(cell(row, column));
    }

    /// The same by column name.
    template <class T>
    [[nodiscard]] T get(std::size_t row, std::string_view column) const {
        return get<T>(row, column_index(column));
    }

private:
    friend class detail::mysql_session;

    [[nodiscard]] detail::mysql_cell cell(std::size_t row, std::size_t column) const;

    std::unique_ptr<const detail::mysql_rows> rows_;
};

template <>
inline constexpr bool detail::is_query_result<mysql_result> = true;

}  // namespace podpool
