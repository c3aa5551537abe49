// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/lookup.hpp"
#include "discovery/name_lookup.hpp"
#include "discovery/system_files.hpp"

#include <podpool/discovery/target.hpp>
#include <podpool/discovery_source.hpp>
#include <podpool/options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace podpool::detail {

/// What dns_source does: asks for every name, puts the answers together, publishes, waits, and again.
///
/// start(), refresh() and stop() may be called from any thread; everything else runs on a strand of the
/// executor. stop() keeps the object until it has cleaned up, so its owner may go right after it.
class dns_refresher : public std::enable_shared_from_this<dns_refresher> {
public:
    /// Throws podpool::error (errc::invalid_options) for a bad target or a bad `dns_servers`.
    dns_refresher(const boost::asio::any_io_executor& executor, const std::vector<discovery_target>& targets,
                  const options& settings, system_files files);

    void start(std::function<void(discovery_update)> listener);
    void refresh();
    void stop() noexcept;

private:
    using clock = std::chrono::steady_clock;

    // Handlers that wait for answers or time hold the object weakly: what is never run keeps nothing.
    void begin(std::function<void(discovery_update)> listener);
    void ask();
    void on_result(std::size_t which, lookup_result result);
    void finish();
    void find_servers();
    [[nodiscard]] std::chrono::nanoseconds pace(bool good, bool whole,
                                                std::optional<std::chrono::seconds> ttl);
    void wait_for(std::chrono::nanoseconds interval);
    void publish(discovery_update update);
    void clean_up() noexcept;

    boost::asio::strand<boost::asio::any_io_executor> strand_;
    boost::asio::steady_timer timer_;
    std::vector<endpoint_info> fixed_;
    std::vector<endpoint> given_servers_;
    bool services_;
    std::chrono::nanoseconds bound_;
    std::chrono::nanoseconds question_time_;
    system_files files_;
    std::function<void(discovery_update)> listener_;
    std::atomic<bool> stopped_ = false;

    std::vector<std::shared_ptr<name_lookup>> lookups_;
    std::vector<lookup_result> results_;
    std::shared_ptr<name_servers> servers_;
    resolver_config config_;
    std::size_t pending_ = 0;
    bool published_ = false;
    unsigned failures_ = 0;
    clock::time_point asked_at_;
    clock::time_point next_at_;
    std::minstd_rand random_;
};

}  // namespace podpool::detail
