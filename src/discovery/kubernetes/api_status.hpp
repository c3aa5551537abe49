// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace podpool::detail {

/// How the API server says that something went wrong: the body of an answer, or an event of a watch.
struct api_status {
    /// As in HTTP; 0 if it doesn't say.
    int code = 0;
    /// A word for programs, such as `Expired`.
    std::string reason;
    /// For people.
    std::string message;
    /// In how long to ask again.
    std::optional<std::chrono::seconds> retry_after;
    /// Words for programs that tell more than the reason, such as `ResourceVersionTooLarge`.
    std::vector<std::string> causes;

    friend bool operator==(const api_status&, const api_status&) = default;
};

/// Whether the version of which a watch was to go on is forgotten: only a new list helps.
bool is_expired(const api_status& status);

/// Whether the version asked for is one that this server doesn't know yet.
bool is_version_of_the_future(const api_status& status);

}  // namespace podpool::detail
