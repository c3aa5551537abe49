// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace podpool {

/// A cell of a result can't be had as the asked type; `what()` names row, column, type and reason.
class value_error : public std::runtime_error {
public:
    /// `row` counts from 0.
    value_error(std::size_t row, std::string column, const std::string& reason)
        : std::runtime_error("row " + std::to_string(row) + ", column \"" + column + "\": " + reason),
          row_(row),
          column_(std::move(column)) {}

    [[nodiscard]] std::size_t row() const noexcept { return row_; }
    [[nodiscard]] const std::string& column() const noexcept { return column_; }

private:
    std::size_t row_;
    std::string column_;
};

}  // namespace podpool
