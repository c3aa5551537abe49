// SPDX-License-Identifier: BSL-1.0
#include "message_size.hpp"

#include <algorithm>

namespace podpool::detail {

namespace {

// The length that comes before each value.
constexpr std::size_t value_header = 4;

std::size_t row_size(const PGresult* result, int row, int columns) noexcept {
    std::size_t size = 0;
    for (int column = 0; column < columns; ++column) {
        size += value_header + static_cast<std::size_t>(PQgetlength(result, row, column));
    }
    return size;
}

}  // namespace

std::size_t message_size(const statement_view& statement) noexcept {
    std::size_t size = statement.sql.size();
    for (std::size_t i = 0; i < statement.count; ++i) {
        size += value_header + static_cast<std::size_t>(statement.lengths[i]);
    }
    return size;
}

std::size_t largest_message(const PGresult* result, std::size_t bound) noexcept {
    const std::size_t whole = PQresultMemorySize(result);
    const int rows = PQntuples(result);
    // Without rows it is one message, such as an error.
    if (whole <= bound || rows == 0) return whole;
    const int columns = PQnfields(result);
    std::size_t largest = 0;
    for (int row = 0; row < rows && largest <= bound; ++row) {
        largest = std::max(largest, row_size(result, row, columns));
    }
    return largest;
}

}  // namespace podpool::detail
