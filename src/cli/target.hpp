// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/options.hpp>

#include <string>

namespace podpool::cli {

/// Reads the connection string that a verb was given.
/// Throws podpool::error (errc::invalid_options), also for a scheme of another database.
options read_target(const std::string& text);

}  // namespace podpool::cli
