// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "load.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <vector>

namespace podpool::test {

/// Nobody could have been spared one of these failures: all are on one server, and whoever had one asked
/// for a connection before the pool could learn from the first of them, or before the server was all gone.
inline void check_only_unavoidable(const std::vector<load::failed_query>& failures,
                                   const dialect::server& server, load::clock::time_point gone_at) {
    auto last_excuse = load::clock::time_point::max();
    for (const auto& one : failures) last_excuse = std::min(last_excuse, one.returned_at);
    last_excuse = std::max(last_excuse, gone_at);
    for (const auto& one : failures) {
        INFO(one.text);
        CHECK(one.where == endpoint(server.address(), server.port()));
        CHECK((one.asked_at <= last_excuse));
    }
}

}  // namespace podpool::test
