// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/system_files.hpp"

#include <podpool/dns_search_mode.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// Where a name is looked for, in this order.
struct search_plan {
    /// Whether the hosts file comes first.
    bool hosts_file = true;
    /// The absolute names to ask DNS for, without a dot at the end, each once.
    std::vector<std::string> names;
    /// Whether the name as it stands isn't among them, since that isn't safe in a cluster.
    bool keeps_inside = false;
};

/// Makes the plan for `name`, which is a DNS name as the user wrote it, a dot at its end included.
search_plan plan_search(std::string_view name, const resolver_config& config, dns_search_mode mode);

/// The domain of the Kubernetes cluster whose pods have this search list, such as `cluster.local`; empty
/// outside of a cluster. It is told by the first entry `svc.<domain>` or `<namespace>.svc.<domain>`.
std::string_view cluster_domain(const resolver_config& config);

/// Whether an absolute name is a Service's in that cluster: `<service>.<namespace>.svc.<cluster>`. A pod's
/// own name has a label more.
bool is_service_in(std::string_view cluster, std::string_view name);

}  // namespace podpool::detail
