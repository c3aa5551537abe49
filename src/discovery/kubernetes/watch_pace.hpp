// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/pause_ladder.hpp"
#include "discovery/kubernetes/watch_event.hpp"
#include "discovery/kubernetes/watch_patience.hpp"

#include <podpool/core/random.hpp>
#include <podpool/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace podpool::detail {

/// Decides what a client of the API server asks next, when, and how long it waits for what. It does nothing
/// itself.
///
/// A streaming list (a watch with `sendInitialEvents`) comes first; where it is refused, or doesn't tell that
/// the initial events are over, lists and watches take its place for good. A watch goes on from the last
/// version that it told; what is known is kept until a new list is complete. For each request: asked(),
/// answered() when a 200 comes, then received() for each event or listed(), and in the end ended() or
/// refused(), but for a list that came.
class watch_pace {
public:
    enum class request_kind : std::uint8_t { streaming_list, list, watch };

    /// How a request ended that brought no status.
    enum class end_kind : std::uint8_t {
        unreachable,  ///< no connection: refused, no route, no name, no TLS
        closed,       ///< the body's proper end
        cut,          ///< the connection's end without the body's
        gave_up,      ///< deadline() has passed
        malformed,    ///< what came is no answer of an API server
    };

    struct verdict {
        /// What to wait before the next request.
        core::duration pause{0};
        /// Whether something is wrong that people should know of.
        bool tell = false;
    };

    explicit watch_pace(std::uint64_t seed, const watch_patience& patience = {})
        : rng_(seed), patience_(patience) {}

    /// What to ask next.
    [[nodiscard]] request_kind next() const noexcept { return next_; }
    /// From which version a watch goes on; empty for the others, which want the present state.
    [[nodiscard]] const std::string& version() const noexcept { return version_; }
    /// After how long the server is to end the request (`timeoutSeconds`): 5 to 10 minutes, drawn by asked(),
    /// so that clients which began together don't begin again together.
    [[nodiscard]] std::chrono::seconds lifetime() const noexcept { return lifetime_; }

    /// The request of next() is sent now; each page of a list is one.
    void asked(core::time_point now);
    /// A 200 has come.
    void answered(core::time_point now);
    /// A list came, with all its pages.
    void listed(std::string version);
    /// An event came; for a status call refused() as well.
    void received(const watch_event& event, core::time_point now);

    /// The request ended without a status.
    verdict ended(end_kind how, core::time_point now);
    /// The server said no: by its answer, whose header Retry-After goes into the status, or in the middle of
    /// a watch.
    verdict refused(const api_status& status, core::time_point now);

    /// When to give the request up; never: there is none.
    [[nodiscard]] core::time_point deadline() const;

private:
    void list_anew();
    void list_without_streaming();
    verdict closed(core::time_point now);
    verdict gave_up(core::time_point now);
    verdict forbidden(core::time_point now);
    [[nodiscard]] bool is_short(core::time_point now) const;

    core::random rng_;
    watch_patience patience_;
    pause_ladder unreachable_{patience_.first_pause, patience_.longest_outage_pause};
    pause_ladder forbidden_for_now_{patience_.first_pause, patience_.longest_outage_pause};
    pause_ladder denied_{patience_.first_pause, patience_.longest_pause};
    pause_ladder troubled_{patience_.first_pause, patience_.longest_pause};
    pause_ladder expired_{patience_.first_pause, patience_.longest_pause};

    request_kind next_ = request_kind::streaming_list;
    std::string version_;
    std::chrono::seconds lifetime_{0};
    bool streaming_refused_ = false;
    bool bookmarks_come_ = false;
    std::optional<core::time_point> forbidden_since_;

    // Of the request under way.
    std::optional<core::time_point> asked_at_;
    std::optional<core::time_point> answered_at_;
    core::time_point heard_at_;
    bool has_events_ = false;
};

}  // namespace podpool::detail
