// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/secret.hpp>

#include <string>

namespace podpool {

/// Who logs in, and with which password.
struct credentials {
    /// Empty: the connection string's user.
    std::string user;
    /// In place of the connection string's password, also if it is empty.
    secret password;
};

}  // namespace podpool
