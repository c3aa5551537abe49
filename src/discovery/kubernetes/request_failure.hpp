// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/watch_pace.hpp"

#include <podpool/detail/option_message.hpp>

#include <stdexcept>
#include <string>

namespace podpool::detail {

/// A request of which no whole answer came; what() says in one line why. After stop() nobody reads it.
class request_failure : public std::runtime_error {
public:
    request_failure(watch_pace::end_kind how, const std::string& why)
        : std::runtime_error(plain_line(why)), how_(how) {}

    [[nodiscard]] watch_pace::end_kind how() const noexcept { return how_; }

private:
    watch_pace::end_kind how_;
};

}  // namespace podpool::detail
