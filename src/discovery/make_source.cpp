// SPDX-License-Identifier: BSL-1.0
#include "discovery/target_rules.hpp"

#include <podpool/discovery/dns_source.hpp>
#include <podpool/discovery/make_source.hpp>
#include <podpool/discovery/static_source.hpp>

namespace podpool {

std::unique_ptr<discovery_source> make_discovery_source(const boost::asio::any_io_executor& executor,
                                                        const std::vector<discovery_target>& targets,
                                                        const options& settings) {
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
