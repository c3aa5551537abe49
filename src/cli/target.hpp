// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/database.hpp"

#include <memory>
#include <string>

namespace podpool::cli {

/// Reads the connection string that a verb was given, and chooses the driver by its scheme.
/// Throws podpool::error (errc::invalid_options), also for a scheme of another database.
std::unique_ptr<database> read_target(const std::string& text);

}  // namespace podpool::cli
