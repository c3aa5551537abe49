// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace podpool {

/// Why a discovery source has no good answer just now; known endpoints stay in use meanwhile.
struct discovery_error {
    /// What was asked, who was asked and what came back, in words.
    std::string message;

    discovery_error() = default;
    explicit discovery_error(std::string message_) : message(std::move(message_)) {}
};

}  // namespace podpool
