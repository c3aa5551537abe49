// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery_source.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace podpool::cli {

/// What a discovery source says in one round of questions.
struct discovery_round {
    std::optional<endpoint_set> found;
    /// Why nothing was found; beside something found, what is missing from it.
    std::string problem;
};

/// Starts a source and calls `listener` once per round, on `executor`, on which the source lives and
/// which one thread runs.
void start_rounds(const boost::asio::any_io_executor& executor, discovery_source& source,
                  std::function<void(discovery_round)> listener);

/// Asks a source once and stops it; runs `context`, on which the source lives, on the calling thread.
/// `limit`: how long to wait.
discovery_round discover_once(boost::asio::io_context& context, discovery_source& source,
                              std::chrono::nanoseconds limit);

}  // namespace podpool::cli
