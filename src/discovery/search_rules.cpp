// SPDX-License-Identifier: BSL-1.0
#include "discovery/search_rules.hpp"

#include "discovery/target_rules.hpp"

#include <podpool/detail/lower_case.hpp>

#include <algorithm>

namespace podpool::detail {
namespace {

/// Whether `name` is `domain` or a name in it.
bool is_in(std::string_view name, std::string_view domain) {
    if (name.size() < domain.size()) return false;
    const std::size_t rest = name.size() - domain.size();
    return equal_ignoring_case(name.substr(rest), domain) && (rest == 0 || name[rest - 1] == '.');
}

int dots_in(std::string_view name) { return static_cast<int>(std::count(name.begin(), name.end(), '.')); }

/// Takes the first label and its dot off; empty if there is no further one.
std::string_view without_first_label(std::string_view name) {
    const std::size_t dot = name.find('.');
    return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

/// The host's part of the name of an SRV record: `db.app` of `_postgres._tcp.db.app`.
std::string_view host_part(std::string_view name) {
    while (name.starts_with('_')) name = without_first_label(name);
    return name;
}

void add(std::vector<std::string>& names, std::string name) {
    const auto same = [&](const std::string& other) { return equal_ignoring_case(other, name); };
    if (is_dns_name(name) && std::none_of(names.begin(), names.end(), same)) names.push_back(std::move(name));
}

/// The name in a domain of the search list, of which the empty one is the root.
std::string inside(std::string_view name, std::string_view domain) {
    std::string whole(name);
    if (!domain.empty()) whole.append(".").append(domain);
    return whole;
}

/// As the C library does (glibc's res_search).
std::vector<std::string> system_order(std::string_view name, const resolver_config& config) {
    std::vector<std::string> names;
    if (dots_in(name) >= config.ndots) add(names, std::string(name));
    for (const auto& domain : config.search) add(names, inside(name, domain));
    add(names, std::string(name));
    return names;
}

/// In a cluster a Service without ready pods doesn't exist in DNS, so what follows its name in the search
/// must not be anybody else's: no domain of the node, and no short name at a public top-level domain.
search_plan plan_in_cluster(std::string_view name, std::string_view cluster, const resolver_config& config) {
    search_plan plan;
    if (is_in(name, cluster)) {
        plan.names.emplace_back(name);
        return plan;
    }
    for (const auto& domain : config.search) {
        if (is_in(domain, cluster)) add(plan.names, inside(name, domain));
    }
    const std::string_view host = host_part(name);
    plan.keeps_inside = dots_in(host) <= 1 || is_in(host, "svc");
    if (!plan.keeps_inside) add(plan.names, std::string(name));
    // Too long with any domain: the question will say so.
    if (plan.names.empty()) plan.names.push_back(inside(name, cluster));
    return plan;
}

}  // namespace

std::string_view cluster_domain(const resolver_config& config) {
    constexpr std::string_view services = "svc.";
    for (const std::string_view entry : config.search) {
        for (const std::string_view name : {entry, without_first_label(entry)}) {
            if (name.size() > services.size() &&
                equal_ignoring_case(name.substr(0, services.size()), services)) {
                return name.substr(services.size());
            }
        }
    }
    return {};
}

bool is_service_in(std::string_view cluster, std::string_view name) {
    if (cluster.empty() || !is_in(name, cluster)) return false;
    const std::string_view in_domain = without_first_label(without_first_label(name));
    constexpr std::string_view services = "svc.";
    return in_domain.size() == services.size() + cluster.size() &&
           equal_ignoring_case(in_domain.substr(0, services.size()), services);
}

search_plan plan_search(std::string_view name, const resolver_config& config, dns_search_mode mode) {
    const bool has_dot = name.find('.') != std::string_view::npos;
    if (name.ends_with('.') || (mode == dns_search_mode::off && has_dot)) {
        if (name.ends_with('.')) name.remove_suffix(1);
        search_plan plan;
        plan.hosts_file = false;
        plan.names.emplace_back(name);
        return plan;
    }
    if (mode == dns_search_mode::automatic) {
        const std::string_view cluster = cluster_domain(config);
        if (!cluster.empty()) return plan_in_cluster(name, cluster, config);
    }
    search_plan plan;
    plan.names = system_order(name, config);
    return plan;
}

}  // namespace podpool::detail
