// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/value_error.hpp>

namespace podpool {

/// What postgres_result::get throws; one type for all drivers.
using postgres_value_error = value_error;

}  // namespace podpool
