// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/result_cell.hpp>

#include <cstddef>
#include <vector>

namespace podpool::detail {

/// One cell of a result in text format.
struct postgres_cell : result_cell {
    bool is_bytea = false;
};

bool decode_bool(const postgres_cell& cell);
std::vector<std::byte> decode_bytes(const postgres_cell& cell);

}  // namespace podpool::detail
