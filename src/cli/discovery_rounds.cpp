// SPDX-License-Identifier: BSL-1.0
#include "cli/discovery_rounds.hpp"

#include <podpool/detail/explain.hpp>

#include <boost/asio/post.hpp>

#include <memory>
#include <utility>
#include <variant>

namespace podpool::cli {

void start_rounds(const boost::asio::any_io_executor& executor, discovery_source& source,
                  std::function<void(discovery_round)> listener) {
    struct state {
        discovery_round round;
        bool ends = false;
        std::function<void(discovery_round)> listener;
    };
    const auto shared = std::make_shared<state>();
    shared->listener = std::move(listener);
    source.start([shared, executor](discovery_update update) {
        if (auto* const found = std::get_if<endpoint_set>(&update)) {
            shared->round.found = std::move(*found);
        } else {
            shared->round.problem = std::move(std::get<discovery_error>(update).message);
        }
        // Posted, since what is missing from an answer is told right after the answer.
        if (std::exchange(shared->ends, true)) return;
        boost::asio::post(executor, [shared] {
            shared->ends = false;
            shared->listener(std::exchange(shared->round, {}));
        });
    });
}

discovery_round discover_once(boost::asio::io_context& context, discovery_source& source,
                              std::chrono::nanoseconds limit) {
    std::optional<discovery_round> first;
    start_rounds(context.get_executor(), source, [&context, &first](discovery_round round) {
        if (!first) first = std::move(round);
        context.stop();
    });
    context.run_for(limit);
    source.stop();
    context.restart();
    if (!first) {
        first.emplace();
        first->problem = "discovery gave no answer within " + detail::rough_duration_text(limit);
    }
    return std::move(*first);
}

}  // namespace podpool::cli
