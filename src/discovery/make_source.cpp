// SPDX-License-Identifier: BSL-1.0
#include "discovery/target_rules.hpp"

#include <podpool/detail/option_message.hpp>
#include <podpool/discovery/dns_source.hpp>
#include <podpool/discovery/make_source.hpp>
#include <podpool/discovery/static_source.hpp>
#ifdef PODPOOL_HAS_KUBERNETES
#include <podpool/discovery/kubernetes_source.hpp>
#endif

namespace podpool {
namespace {

#ifdef PODPOOL_HAS_KUBERNETES
std::unique_ptr<discovery_source> make_kubernetes_source(const boost::asio::any_io_executor& executor,
                                                         const std::vector<discovery_target>& targets,
                                                         const options& settings) {
    if (targets.size() != 1) {
        detail::refuse("pool_discovery=kubernetes with " + std::to_string(targets.size()) +
                       " hosts; expected one Service");
    }
    std::unique_ptr<discovery_source> fallback;
    if (settings.kubernetes_fallback == kubernetes_fallback::dns) {
        options for_dns = settings;
        for_dns.discovery = discovery_kind::dns;
        fallback = make_discovery_source(executor, targets, for_dns);
    }
    return std::make_unique<kubernetes_source>(executor, targets.front(), settings, std::move(fallback));
}
#else
std::unique_ptr<discovery_source> make_kubernetes_source(const boost::asio::any_io_executor& /*executor*/,
                                                         const std::vector<discovery_target>& /*targets*/,
                                                         const options& /*settings*/) {
    detail::refuse(
        "pool_discovery=kubernetes: this build of podpool has no podpool::kubernetes, which needs "
        "Boost.JSON, "
        "Boost.Beast and OpenSSL when podpool is built (PODPOOL_KUBERNETES=ON says which is missing)");
}
#endif

}  // namespace

std::unique_ptr<discovery_source> make_discovery_source(const boost::asio::any_io_executor& executor,
                                                        const std::vector<discovery_target>& targets,
                                                        const options& settings) {
    if (settings.discovery == discovery_kind::kubernetes) {
        return make_kubernetes_source(executor, targets, settings);
    }
    if (settings.discovery == discovery_kind::fixed) {
        return std::make_unique<static_source>(executor, detail::literal_targets(targets));
    }
    auto sorted =
        detail::sort_targets(targets, settings.discovery != discovery_kind::srv, settings.address_family);
    if (sorted.names.empty()) {
        return std::make_unique<static_source>(executor, std::move(sorted.fixed));
    }
    return std::make_unique<dns_source>(executor, targets, settings);
}

}  // namespace podpool
