// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery/target.hpp>
#include <podpool/discovery_source.hpp>
#include <podpool/options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace podpool {

namespace detail {
class dns_refresher;
}

/// Resolves names to endpoints by DNS and keeps asking; literals among the targets are always in its sets.
///
/// A question that fails leaves the addresses it last had in the set; when some names (or one of A and
/// AAAA) fail and others don't, the set is published and the error after it. When nothing was answered,
/// only the error is published. A set that replaces what was found under a worse name (docs/discovery.md) is
/// authoritative; every other one is tentative.
/// Thread safety: all functions may be called from any thread, also from inside the listener; the source
/// may be destroyed with questions in flight, and from inside the listener.
class dns_source final : public discovery_source {
public:
    /// `executor`: what the source runs on, may be multi-threaded. `targets`: see make_discovery_source.
    /// `settings`: `discovery`, `dns_refresh`, `dns_servers`, `dns_search`, `address_family` and
    /// `connect_timeout` (a question takes at most that long, and at most 5 s) are read.
    /// Throws podpool::error (errc::invalid_options) as make_discovery_source does.
    dns_source(const boost::asio::any_io_executor& executor, const std::vector<discovery_target>& targets,
               const options& settings);
    ~dns_source() override;

    void start(std::function<void(discovery_update)> listener) override;
    void refresh() override;
    void stop() noexcept override;

private:
    std::shared_ptr<detail::dns_refresher> refresher_;
};

}  // namespace podpool
