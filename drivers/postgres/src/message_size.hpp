// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/postgres/detail/parameter_arrays.hpp>

#include <libpq-fe.h>

#include <cstddef>

namespace podpool::detail {

// libpq keeps a buffer of each direction for as long as a connection is open. It grows to hold the largest
// message that came or went, never shrinks, and can't be asked for its size. A statement with its parameters
// is one message, and so is a row.

/// About how many bytes a statement takes in libpq's buffer.
std::size_t message_size(const statement_view& statement) noexcept;

/// About how many bytes the largest message of a result took. Only a result that is larger than `bound` as a
/// whole is looked at row by row, up to the first row that is larger than it.
std::size_t largest_message(const PGresult* result, std::size_t bound) noexcept;

}  // namespace podpool::detail
