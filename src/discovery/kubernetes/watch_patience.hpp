// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/time.hpp>

#include <chrono>

namespace podpool::detail {

/// How long a client of the API server waits for what; tests bring shorter times.
struct watch_patience {
    /// For an answer's head, and for a list with its body.
    core::duration answer = std::chrono::seconds(30);
    /// For the end of the initial events: old servers ignore that they are asked for it.
    core::duration initial = std::chrono::seconds(10);
    /// For the next event, bookmarks included, which come once a minute.
    core::duration silence = std::chrono::seconds(150);
    /// For the end of a watch after its time.
    core::duration end = std::chrono::seconds(30);
    /// How long a 403 may be one that passes: an API server that has just started says so for 0.7 s.
    core::duration forbidden = std::chrono::seconds(3);
    /// A watch that ends sooner, without an event, has failed.
    core::duration shortest_watch = std::chrono::seconds(1);
    /// The bound of the first pause after a failure.
    core::duration first_pause = std::chrono::milliseconds(800);
    /// The bound of pauses while there is no connection.
    core::duration longest_outage_pause = std::chrono::seconds(4);
    /// The bound of pauses after refusals.
    core::duration longest_pause = std::chrono::seconds(30);
    /// What a server may ask for with Retry-After.
    core::duration longest_retry_after = std::chrono::minutes(5);
};

}  // namespace podpool::detail
