// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/result_cell.hpp>

#include <cstddef>
#include <vector>

namespace podpool::detail {

/// One cell of a result; bytes are held as they came.
struct mysql_cell : result_cell {};

/// Any integer: MySQL has no boolean type of its own, BOOL is TINYINT(1).
bool decode_bool(const mysql_cell& cell);
std::vector<std::byte> decode_bytes(const mysql_cell& cell);

}  // namespace podpool::detail
