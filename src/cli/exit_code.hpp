// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace podpool::cli {

/// How the command ends; the numbers are what scripts see.
enum class exit_code : int {
    ok = 0,
    failed = 1,   ///< the thing itself failed
    misused = 2,  ///< bad usage, or a connection string that is wrong
};

}  // namespace podpool::cli
