// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/errc.hpp>

#include <boost/system/system_error.hpp>

#include <string>

namespace podpool {

/// The exception of the pool: an error code and a text that says what, where and why.
class error : public boost::system::system_error {
public:
    /// `details` names pool, sizes, waiters and the last connect error per endpoint where they matter.
    error(errc code, const std::string& details)
        : boost::system::system_error(make_error_code(code), details), what_(details) {}

    /// The details; the code's own message is `code().message()`.
    [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

private:
    std::string what_;
};

}  // namespace podpool
