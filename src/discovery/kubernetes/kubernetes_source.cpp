// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/credentials.hpp"
#include "discovery/kubernetes/kubernetes_relay.hpp"
#include "discovery/kubernetes/pod_environment.hpp"
#include "discovery/kubernetes/service_name.hpp"
#include "discovery/kubernetes/service_watch_lease.hpp"
#include "discovery/route.hpp"

#include <podpool/detail/option_message.hpp>
#include <podpool/discovery/kubernetes_source.hpp>

#include <utility>

namespace podpool {
namespace {

detail::service_key key_of(const detail::service_name& service, const options& settings,
                           const detail::pod_environment& environment) {
    const detail::access_options given{settings.kubernetes_api, settings.kubernetes_token_file,
                                       settings.kubernetes_ca_file};
    return {detail::choose_access(given, environment), detail::choose_namespace(service, environment),
            service.name};
}

void check(const discovery_target& target) {
    if (target.port == 0) {
        detail::refuse("host `" + target.host + "` has port 0; expected the Service's port, 1 to 65535");
    }
    if (target.address.empty()) return;
    detail::refuse("host `" + target.host + "` has the address `" + target.address +
                   "` beside it; pool_discovery=kubernetes finds the addresses itself");
}

}  // namespace

kubernetes_source::kubernetes_source(const boost::asio::any_io_executor& executor,
                                     const discovery_target& service, const options& settings,
                                     std::unique_ptr<discovery_source> fallback) {
    check(service);
    const detail::service_name name = detail::parse_service_name(service.host);
    const detail::pod_environment environment = detail::environment_of_process();
    detail::service_key key = key_of(name, settings, environment);
    std::string host = service.host;
    if (host.ends_with('.')) host.pop_back();
    detail::relay_plan plan{key.in_namespace + "/" + key.service, to_string(key.access), std::move(host),
                            detail::member_rules{settings.address_family, settings.kubernetes_port,
                                                 service.port, detail::has_route},
                            detail::zone_rule(settings.zone, environment.zone, environment.node)};
    relay_ = std::make_shared<detail::kubernetes_relay>(executor, std::move(plan), std::move(fallback));
    watch_ = std::make_unique<detail::service_watch_lease>(std::move(key));
}

kubernetes_source::~kubernetes_source() {
    stop();
    if (!watch_->in_child()) return;
    auto kept = std::make_unique<std::shared_ptr<detail::kubernetes_relay>>(std::move(relay_));
    [[maybe_unused]] const auto* const relay = kept.release();
}

void kubernetes_source::start(std::function<void(discovery_update)> listener) {
    relay_->start(std::move(listener));
    watch_->begin([weak = std::weak_ptr(relay_)](const detail::service_watch::report& news) {
        if (const auto relay = weak.lock()) relay->told(news);
    });
}

void kubernetes_source::refresh() {
    if (!watch_->in_child()) relay_->refresh();
}

void kubernetes_source::stop() noexcept {
    if (watch_->in_child()) return;
    watch_->end();
    relay_->stop();
}

}  // namespace podpool
