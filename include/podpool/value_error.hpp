// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/errc.hpp>
#include <podpool/error.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace podpool {

/// A cell of a result can't be had as the asked type; `what()` names row, column, type and reason.
///
/// `code()` is errc::invalid_value. Thread safety: a plain value.
class value_error : public error {
public:
    /// `row` counts from 0.
    value_error(std::size_t row, std::string column, const std::string& reason)
        : error(errc::invalid_value, "row " + std::to_string(row) + ", column \"" + column + "\": " + reason),
          row_(row),
          column_(std::move(column)) {}

    [[nodiscard]] std::size_t row() const noexcept { return row_; }
    [[nodiscard]] const std::string& column() const noexcept { return column_; }

private:
    std::size_t row_;
    std::string column_;
};

}  // namespace podpool
