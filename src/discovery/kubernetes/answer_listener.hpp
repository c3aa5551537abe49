// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/time.hpp>

#include <string_view>

namespace podpool::detail {

/// Takes the answer to a request of an api_client while it comes.
class answer_listener {
public:
    answer_listener() = default;
    answer_listener(const answer_listener&) = delete;
    answer_listener& operator=(const answer_listener&) = delete;
    virtual ~answer_listener() = default;

    /// When to give up; asked before each wait, since what has come may change it.
    [[nodiscard]] virtual core::time_point deadline() const = 0;
    /// The head of a 200 has come.
    virtual void begun() = 0;
    /// The next bytes of its body. Returns whether there should be more. May throw.
    virtual bool body(std::string_view bytes) = 0;
};

}  // namespace podpool::detail
