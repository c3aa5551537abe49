// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/member_choice.hpp"
#include "discovery/kubernetes/service_watch.hpp"
#include "discovery/kubernetes/zone_rule.hpp"

#include <podpool/core/time.hpp>
#include <podpool/detail/track_work.hpp>
#include <podpool/discovery_source.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace podpool::detail {

/// What one pool wants of the watch of its Service.
struct relay_plan {
    /// The Service for messages: `NAMESPACE/NAME`.
    std::string service;
    /// The API server for messages.
    std::string server;
    /// What TLS verifies, the same for all endpoints.
    std::string host;
    member_rules members;
    zone_rule zones;
    /// How long the API server may be silent, or refuse, until that is told and the other source serves.
    core::duration answer_patience = std::chrono::seconds(10);
};

/// What kubernetes_source does: makes answers for one pool of what a watch tells, and has another source
/// serve until the watch knows something.
///
/// start(), told(), refresh() and stop() may be called from any thread; everything else runs on a strand of
/// the executor. stop() keeps the object until it has cleaned up, so its owner may go right after it.
class kubernetes_relay : public std::enable_shared_from_this<kubernetes_relay> {
public:
    /// `fallback`: what serves until the API server has answered; may be null.
    kubernetes_relay(const boost::asio::any_io_executor& executor, relay_plan plan,
                     std::unique_ptr<discovery_source> fallback);

    void start(std::function<void(discovery_update)> listener);
    /// To be called with each report of the watch, in their order.
    void told(const service_watch::report& news);
    void refresh();
    void stop() noexcept;

private:
    void begin(std::function<void(discovery_update)> listener);
    void take(const service_watch::report& news);
    void wait_for_answer();
    void answer_is_late();
    void take_from_fallback(discovery_update update);
    void end_fallback();
    void publish_members();
    void publish_problem(const std::string& problem);
    void publish(discovery_update update);
    [[nodiscard]] std::string why_no_answer() const;
    [[nodiscard]] std::string why_fallback() const;
    [[nodiscard]] std::string complaint() const;
    void clean_up() noexcept;

    boost::asio::any_io_executor executor_;
    // While it listens, the executor's context has something to wait for, as with a source that has a timer.
    std::optional<tracked_work<boost::asio::any_io_executor>> work_;
    boost::asio::strand<boost::asio::any_io_executor> strand_;
    boost::asio::steady_timer timer_;
    relay_plan plan_;
    member_choice members_;
    std::unique_ptr<discovery_source> fallback_;
    std::function<void(discovery_update)> listener_;
    std::atomic<bool> stopped_ = false;
    service_watch::report news_;
    std::shared_ptr<const slice_set> shown_;  // the slices of the last set
    member_list list_;                        // what was made of them
    bool fallback_serves_ = false;
    bool supersedes_ = false;  // the next set takes the place of what the other source has told
};

}  // namespace podpool::detail
