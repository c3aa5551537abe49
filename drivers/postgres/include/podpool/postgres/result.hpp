// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/await_deferred.hpp>
#include <podpool/detail/quick_decoding.hpp>
#include <podpool/postgres/detail/cell.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct pg_result;

namespace podpool {

/// The rows that a statement returned; owns them and outlives its connection.
///
/// Thread safety: const functions may run at once. Views and string_views point into the result.
class postgres_result {
public:
    /// No rows, no columns.
    postgres_result() noexcept = default;
    /// Takes over a PGresult that holds no error.
    explicit postgres_result(pg_result* result) noexcept : result_(result) {}

    [[nodiscard]] std::size_t rows() const noexcept;
    [[nodiscard]] std::size_t columns() const noexcept;
    /// Whether there are no rows.
    [[nodiscard]] bool empty() const noexcept { return rows() == 0; }
    /// How many rows an INSERT, UPDATE, DELETE, MERGE, SELECT or the like touched; 0 for others.
    [[nodiscard]] std::size_t affected_rows() const noexcept;

    /// What the server calls the command that it ran, with its counts: `INSERT 0 1`, `SELECT 5`, `COMMIT`. Of
    /// a text of several statements it is the last one's; empty for an empty statement.
    [[nodiscard]] std::string_view command_tag() const noexcept;

    /// The name of a column, counted from 0. Throws std::out_of_range.
    [[nodiscard]] std::string_view column_name(std::size_t column) const;
    /// The first column of this name, exactly as the server spells it. Throws std::out_of_range.
    [[nodiscard]] std::size_t column_index(std::string_view name) const;

    /// Whether a cell is NULL. Throws std::out_of_range.
    [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const {
        return text(row, column).data() == nullptr && !cell(row, column).text;
    }

    /// A cell as a C++ value.
    ///
    /// `row`, `column`: from 0. `T`: any integer type but character types, float, double, bool,
    /// std::string, std::string_view (into this result), std::vector<std::byte> (of bytea), or
    /// std::optional of one of them, which is empty for NULL.
    /// Throws std::out_of_range for a row or column that isn't there, value_error for NULL
    /// (unless T is optional) and for a text that isn't a T or doesn't fit into one.
    template <class T>
    [[nodiscard]] T get(std::size_t row, std::size_t column) const {
        if constexpr (detail::decodes_quickly<T>) {
            if (const std::optional<T> quick = detail::decode_quickly<T>(text(row, column))) return *quick;
        }
        return detail::decode_cell<T>(cell(row, column));
    }

    /// The same by column name.
    template <class T>
    [[nodiscard]] T get(std::size_t row, std::string_view column) const {
        return get<T>(row, column_index(column));
    }

    /// libpq's PGresult, for what isn't here; stays this object's. Null for an empty result.
    [[nodiscard]] const pg_result* native_handle() const noexcept { return result_.get(); }

private:
    struct clear {
        void operator()(pg_result* result) const noexcept;
    };

    /// The text of a cell; one that is NULL or isn't there has no data().
    [[nodiscard]] std::string_view text(std::size_t row, std::size_t column) const noexcept;
    [[nodiscard]] detail::postgres_cell cell(std::size_t row, std::size_t column) const;

    std::unique_ptr<pg_result, clear> result_;
};

template <>
inline constexpr bool detail::is_query_result<postgres_result> = true;

}  // namespace podpool
