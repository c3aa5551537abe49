// SPDX-License-Identifier: BSL-1.0
#include "execute.hpp"

#include "session_trace.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace podpool::detail {

namespace {

/// How the text of a column's cells is had.
enum class cell_reading : std::uint8_t { as_text, as_date, as_time, as_float, as_double };

struct column_plan {
    cell_reading reading = cell_reading::as_text;
    /// Decimals of a time's seconds.
    unsigned scale = 0;
};

/// The connector writes a prepared statement's floating-point numbers with six decimals; this loses nothing.
template <class T>
void add_number(mysql_rows& into, T value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    into.add({text.data(), static_cast<std::size_t>(end.ptr - text.data())});
}

/// What the connector has room for in the result of a prepared statement. DECIMAL can be 3 longer; what it
/// makes of that is cut off, and followed by what lies behind its buffer.
constexpr unsigned longest_decimal = 64;

column_plan plan_of(sql::ResultSetMetaData& meta, unsigned column, bool prepared) {
    if (!prepared) return {};
    switch (meta.getColumnType(column)) {
        case sql::DataType::DECIMAL:
            if (meta.getColumnDisplaySize(column) > longest_decimal) {
                throw sql::SQLException("column " + std::to_string(column) +
                                        ": the connector has no room for a DECIMAL of more than 64 "
                                        "characters in a statement with parameters; cast it to CHAR");
            }
            return {};
        case sql::DataType::REAL:
            return {cell_reading::as_float};
        case sql::DataType::DOUBLE:
            return {cell_reading::as_double};
        case sql::DataType::DATE:
        case sql::DataType::YEAR:
            return {cell_reading::as_date};
        case sql::DataType::TIME:
        case sql::DataType::TIMESTAMP:
            return {cell_reading::as_time, meta.getScale(column)};
        default:
            return {};
    }
}

/// The connector writes a year without its leading zeros where there is nothing but a date.
void complete_year(std::string& date) {
    constexpr std::size_t digits = 4;
    const std::size_t found = std::min(date.find('-'), date.size());
    if (found < digits) date.insert(0, digits - found, '0');
}

/// The connector writes seconds with six decimals, or with none if they are zero.
void set_decimals(std::string& time, unsigned scale) {
    constexpr unsigned most = 6;
    // More stands for a number of decimals that isn't fixed.
    if (scale == 0 || scale > most) return;
    std::size_t point = time.find('.');
    if (point == std::string::npos) {
        point = time.size();
        time += '.';
    }
    time.resize(point + 1 + scale, '0');
}

void add_cell(mysql_rows& into, const sql::ResultSet& from, unsigned column, const column_plan& plan) {
    if (from.isNull(column)) return into.add_null();
    switch (plan.reading) {
        case cell_reading::as_text: {
            const sql::SQLString text = from.getString(column);
            return into.add({text.c_str(), text.length()});
        }
        case cell_reading::as_date: {
            std::string text = from.getString(column).asStdString();
            complete_year(text);
            return into.add(text);
        }
        case cell_reading::as_time: {
            std::string text = from.getString(column).asStdString();
            set_decimals(text, plan.scale);
            return into.add(text);
        }
        case cell_reading::as_float:
            return add_number(into, static_cast<float>(from.getDouble(column)));
        case cell_reading::as_double:
            return add_number(into, static_cast<double>(from.getDouble(column)));
    }
}

mysql_rows read_rows(sql::ResultSet& from, bool prepared) {
    mysql_rows rows;
    sql::ResultSetMetaData& meta = *from.getMetaData();
    const unsigned columns = meta.getColumnCount();
    std::vector<column_plan> plans;
    for (unsigned column = 1; column <= columns; ++column) {
        rows.columns.push_back(meta.getColumnLabel(column).asStdString());
        plans.push_back(plan_of(meta, column, prepared));
    }
    while (from.next()) {
        ++rows.affected;
        const std::size_t before = rows.text.size();
        for (unsigned column = 1; column <= columns; ++column) {
            add_cell(rows, from, column, plans[column - 1]);
        }
        rows.largest_row = std::max(rows.largest_row, rows.text.size() - before);
    }
    return rows;
}

/// A session can take no further statement before every result of the last one was read.
void drop_further_results(sql::Statement& statement) {
    while (statement.getMoreResults())
        const std::unique_ptr<sql::ResultSet> dropped(statement.getResultSet());
}

mysql_rows first_result(sql::Statement& statement, bool prepared) {
    mysql_rows rows;
    if (const std::unique_ptr<sql::ResultSet> result{statement.getResultSet()}) {
        rows = read_rows(*result, prepared);
    }
    drop_further_results(statement);
    return rows;
}

/// Hands a parameter to a prepared statement; `position` counts from 1.
struct parameter_setter {
    sql::PreparedStatement& statement;
    /// Keeps the streams of bytes until the statement has run.
    std::vector<std::unique_ptr<std::istream>>& streams;
    unsigned position = 0;

    void operator()(std::monostate) const { statement.setNull(position, sql::DataType::SQLNULL); }
    void operator()(std::int64_t value) const { statement.setInt64(position, value); }
    void operator()(std::uint64_t value) const { statement.setUInt64(position, value); }
    void operator()(double value) const { statement.setDouble(position, value); }
    void operator()(const std::string& value) const { statement.setString(position, value); }
    void operator()(const mysql_bytes& value) const {
        streams.push_back(std::make_unique<std::istringstream>(value.value));
        statement.setBlob(position, streams.back().get());
    }
};

mysql_rows execute_prepared(sql::Connection& connection, const mysql_statement& wanted,
                            const client_handle& client) {
    std::vector<std::unique_ptr<std::istream>> streams;
    const std::unique_ptr<sql::PreparedStatement> statement(connection.prepareStatement(wanted.sql()));
    const auto expected = static_cast<std::size_t>(statement->getParameterMetaData()->getParameterCount());
    if (expected != wanted.parameters().size()) {
        throw sql::SQLException("the statement has " + std::to_string(expected) + " placeholders (?) and " +
                                    std::to_string(wanted.parameters().size()) + " parameters were given",
                                "07001", 0);
    }
    parameter_setter set{*statement, streams};
    for (const mysql_parameter& parameter : wanted.parameters()) {
        ++set.position;
        std::visit(set, parameter);
    }
    // The connector tells the number of touched rows only here; a CALL may have rows that it can't know of
    // before it has run.
    const bool has_rows = statement->getMetaData()->getColumnCount() > 0;
    if (!has_rows && counts_rows(wanted.sql())) {
        mysql_rows rows;
        rows.affected = static_cast<unsigned>(statement->executeUpdate());
        rows.last_insert_id = client.last_insert_id();
        return rows;
    }
    if (statement->execute()) return first_result(*statement, true);
    mysql_rows rows;
    rows.last_insert_id = client.last_insert_id();
    return rows;
}

mysql_rows execute_plain(sql::Connection& connection, const std::string& sql, const client_handle& client) {
    const std::unique_ptr<sql::Statement> statement(connection.createStatement());
    if (statement->execute(sql)) return first_result(*statement, false);
    mysql_rows rows;
    rows.last_insert_id = client.last_insert_id();
    const std::uint64_t affected = statement->getUpdateCount();
    if (affected != std::numeric_limits<std::uint64_t>::max()) rows.affected = affected;
    drop_further_results(*statement);
    return rows;
}

}  // namespace

mysql_result execute(sql::Connection& connection, const mysql_statement& statement,
                     const client_handle& client) {
    return mysql_result(statement.parameters().empty() ? execute_plain(connection, statement.sql(), client)
                                                       : execute_prepared(connection, statement, client));
}

mysql_result execute(sql::Connection& connection, const std::string& sql) {
    return mysql_result(execute_plain(connection, sql, client_handle()));
}

}  // namespace podpool::detail
