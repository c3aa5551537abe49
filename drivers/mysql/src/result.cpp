// SPDX-License-Identifier: BSL-1.0
#include <podpool/mysql/result.hpp>

#include <stdexcept>

namespace podpool {

std::size_t mysql_result::rows() const noexcept {
    return columns() == 0 ? 0 : rows_->ends.size() / columns();
}

std::size_t mysql_result::columns() const noexcept { return rows_ ? rows_->columns.size() : 0; }

std::size_t mysql_result::affected_rows() const noexcept {
    return rows_ ? static_cast<std::size_t>(rows_->affected) : 0;
}

std::uint64_t mysql_result::last_insert_id() const noexcept { return rows_ ? rows_->last_insert_id : 0; }

std::string_view mysql_result::column_name(std::size_t column) const {
    if (column >= columns()) {
        throw std::out_of_range("column " + std::to_string(column) + " of a result with " +
                                std::to_string(columns()) + " columns");
    }
    return rows_->columns[column];
}

std::size_t mysql_result::column_index(std::string_view name) const {
    std::string names;
    for (std::size_t column = 0; column < columns(); ++column) {
        if (rows_->columns[column] == name) return column;
        names.append(names.empty() ? "" : ", ").append(rows_->columns[column]);
    }
    throw std::out_of_range("no column \"" + std::string(name) + "\" in a result with the columns: " + names);
}

detail::mysql_cell mysql_result::cell(std::size_t row, std::size_t column) const {
    if (row >= rows()) {
        throw std::out_of_range("row " + std::to_string(row) + " of a result with " + std::to_string(rows()) +
                                " rows");
    }
    detail::mysql_cell found;
    found.row = row;
    found.column = column_name(column);
    const std::size_t index = row * columns() + column;
    const detail::mysql_rows::cell_end& end = rows_->ends[index];
    const std::size_t begin = index == 0 ? 0 : rows_->ends[index - 1].position;
    if (!end.null) found.text = std::string_view(rows_->text).substr(begin, end.position - begin);
    return found;
}

}  // namespace podpool
