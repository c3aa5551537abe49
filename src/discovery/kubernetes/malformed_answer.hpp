// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/option_message.hpp>

#include <stdexcept>
#include <string>

namespace podpool::detail {

/// What the API server sent is not what it should be; what() says in one line where, and what was expected.
class malformed_answer : public std::runtime_error {
public:
    explicit malformed_answer(const std::string& text) : std::runtime_error(plain_line(text)) {}
};

}  // namespace podpool::detail
