// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/errc.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <string>

namespace podpool {

/// The base of all that podpool throws at run time: an error code and a text that says what, where and why.
///
/// The pool throws this class itself; drivers throw classes derived from it, and so does a result whose cell
/// can't be had as the wanted type (value_error). Misuse that the program can avoid is no podpool::error: it
/// throws std::invalid_argument or std::out_of_range. Thread safety: a plain value.
class error : public boost::system::system_error {
public:
    /// `code`: a podpool::errc, or a code of a driver's or of Asio's category. `details`: what what()
    /// returns; it names pool, sizes, waiters and the last connect error per endpoint where they matter.
    error(boost::system::error_code code, const std::string& details)
        : boost::system::system_error(code, details), what_(details) {}

    /// The details; the code's own message is `code().message()`.
    [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

private:
    std::string what_;
};

}  // namespace podpool
