// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/answer_listener.hpp"
#include "discovery/kubernetes/api_access.hpp"
#include "discovery/kubernetes/api_status.hpp"
#include "discovery/kubernetes/stoppable_context.hpp"

#include <podpool/secret.hpp>

#include <optional>
#include <string>

namespace podpool::detail {

class api_connection;

/// Asks an API server by HTTP/1.1, one request at a time, each on a connection of its own. The token is read
/// before each request, is sent over TLS only, and is in no message. Redirects aren't followed.
class api_client {
public:
    /// How much of a refusal is read, in bytes: a Status is a tenth of it.
    static constexpr std::size_t longest_refusal = std::size_t{64} << 10U;

    /// `waiting`: what it waits in; must outlive it.
    api_client(stoppable_context& waiting, api_access access)
        : waiting_(waiting), access_(std::move(access)) {}

    /// Asks for `path` with its query, which comes after that of the server, and waits for the end of the
    /// answer, or until `listener` has enough of it. Returns the answer if it is no 200, with its
    /// Retry-After. Throws request_failure, malformed_answer and what the listener throws.
    std::optional<api_status> ask(const std::string& path, answer_listener& listener);

private:
    [[nodiscard]] secret request_for(const std::string& path) const;
    std::optional<api_status> take_answer(api_connection& connection, answer_listener& listener) const;

    stoppable_context& waiting_;
    api_access access_;
};

}  // namespace podpool::detail
