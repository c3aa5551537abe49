// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery/target.hpp>
#include <podpool/discovery_source.hpp>
#include <podpool/options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace podpool {

namespace detail {
class kubernetes_relay;
class service_watch_lease;
}  // namespace detail

/// Finds the pods of a Kubernetes Service by its EndpointSlices, which the API server tells as they change.
///
/// Its sets are authoritative, and once there was one, the last one holds for as long as the API server can't
/// be had. A set is published for each change, and after it a discovery_error if something is wrong: the API
/// server can't be had, a slice's port can't be chosen, or no endpoint is ready.
/// Sources of one process that ask the same API server for the same Service share one watch, which has a
/// thread of its own.
/// Thread safety: all functions may be called from any thread, also from inside the listener; the source may
/// be destroyed from inside the listener. Its destructor waits for the watch's thread if it was the last one
/// of its watch: microseconds, unless the API server is given by a name that is being looked up.
/// In a child that fork() has made since start(), nothing but the destructor does anything, and that nothing
/// either.
class kubernetes_source final : public discovery_source {
public:
    /// `executor`: what the listener is called on, may be multi-threaded. `service`: a host like `db`,
    /// `db.prod`, `db.prod.svc` or `db.prod.svc.cluster.local`, and the Service's port. `settings`: the
    /// options `kubernetes_api`, `kubernetes_token_file`, `kubernetes_ca_file`, `kubernetes_port`,
    /// `address_family` and `zone` are read. `fallback`: a source that wasn't started, which serves while the
    /// API server has never answered, from ten seconds after start() on; null: none does.
    /// Throws podpool::error (errc::invalid_options) that says what is missing or wrong.
    kubernetes_source(const boost::asio::any_io_executor& executor, const discovery_target& service,
                      const options& settings, std::unique_ptr<discovery_source> fallback = nullptr);
    ~kubernetes_source() override;

    /// Throws podpool::error also where no thread can be had for the watch.
    void start(std::function<void(discovery_update)> listener) override;
    /// Does nothing unless the other source serves: a watch knows by itself.
    void refresh() override;
    void stop() noexcept override;

private:
    std::shared_ptr<detail::kubernetes_relay> relay_;
    std::unique_ptr<detail::service_watch_lease> watch_;
};

}  // namespace podpool
