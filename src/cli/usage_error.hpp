// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <stdexcept>

namespace podpool::cli {

/// The command was called wrongly; what() says how, and never quotes what could be a connection string.
class usage_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace podpool::cli
