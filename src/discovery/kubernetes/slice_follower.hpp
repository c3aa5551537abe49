// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/answer_listener.hpp"
#include "discovery/kubernetes/api_status.hpp"
#include "discovery/kubernetes/event_stream.hpp"
#include "discovery/kubernetes/slice_set.hpp"
#include "discovery/kubernetes/watch_pace.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace podpool::detail {

/// Keeps the slices of one Service up to date by the answers to one request after the other. It does no I/O;
/// of the time it reads the clock only.
///
/// For each request: begin(), then what an answer_listener is told, then one of finished(), refused() and
/// failed(). What is known is kept until a whole list takes its place.
class slice_follower final : public answer_listener {
public:
    /// How long a list, or a page of one, may be, in bytes: a slice of 1000 endpoints has half a million.
    static constexpr std::size_t longest_list = std::size_t{64} << 20U;
    /// How many pages a list may have, at 500 slices each.
    static constexpr std::size_t most_pages = 20;

    /// `progressed` is called when the slices have changed, and when the server has confirmed them: by a
    /// bookmark, and by taking a watch up again.
    slice_follower(std::string in_namespace, std::string service, const watch_patience& patience,
                   std::uint64_t seed, std::function<void()> progressed,
                   std::size_t list_bound = longest_list);

    /// Begins the next request; returns its path and query.
    std::string begin();

    [[nodiscard]] core::time_point deadline() const override { return pace_.deadline(); }
    void begun() override;
    /// Throws malformed_answer.
    bool body(std::string_view bytes) override;

    /// The answer came to its end, or body() has said that it was enough. Throws malformed_answer.
    watch_pace::verdict finished();
    watch_pace::verdict refused(const api_status& status);
    watch_pace::verdict failed(watch_pace::end_kind how);

    /// What the server said in the middle of the watch that has just ended, if it was that.
    [[nodiscard]] const std::optional<api_status>& refusal() const noexcept { return refusal_; }
    /// Null until the first whole list.
    [[nodiscard]] const std::shared_ptr<const slice_set>& slices() const noexcept { return published_; }

private:
    using request_kind = watch_pace::request_kind;

    bool take_events(std::string_view bytes);
    bool apply(const watch_event& event);
    void take_page();
    void publish();

    std::string namespace_;
    std::string service_;
    std::function<void()> progressed_;
    std::size_t list_bound_;
    watch_pace pace_;
    slice_set current_;
    std::shared_ptr<const slice_set> published_;

    // Of the request under way.
    request_kind kind_ = request_kind::streaming_list;
    std::optional<event_stream> stream_;
    std::optional<slice_set> gathered_;  // a streaming list that isn't complete
    std::optional<api_status> refusal_;
    bool changed_ = false;
    bool confirmed_ = false;
    std::string page_;

    // Of the list under way, which may have pages.
    std::vector<endpoint_slice> listed_;
    std::string continue_token_;
    std::size_t pages_ = 0;
};

}  // namespace podpool::detail
