// SPDX-License-Identifier: BSL-1.0
#include "stage.hpp"

#include "pod_network.hpp"

#include <iostream>
#include <utility>

namespace podpool::test {

namespace {

constexpr std::size_t servers = 5;

std::string what_is_missing() {
    static const pod_network network;
    if (!network.available()) return "no network for pods: " + network.why_not();
    std::string why;
    if (!control_plane::available(why) || !postgres_cluster::available(why)) return why;
    return {};
}

postgres_cluster_settings settings() {
    postgres_cluster_settings wanted = dialect::settings(60);
    wanted.network.emplace(pod_network::pods);
    // In milliseconds since 1970, for who measures.
    wanted.configuration.push_back("log_line_prefix = '%n '");
    const std::string range = pod_network::range;
    wanted.access = {"host all admin " + range + " trust", "host all all " + range + " scram-sha-256"};
    return wanted;
}

}  // namespace

bool stage::can_run() {
    static const std::string missing = what_is_missing();
    if (!missing.empty()) std::cout << "skipped: no Kubernetes control plane: " << missing << '\n';
    return missing.empty();
}

stage& stage::shared() {
    static stage only;
    // A test that failed may have left it dead.
    only.plane_.start_api_server();
    return only;
}

stage::stage() : cluster_(settings()) {
    while (cluster_.servers().size() < servers) cluster_.add_primary();
    for (const char* zone : {"a", "b", "c"}) {
        application_namespace::make_node(plane_, std::string("node-") + zone, std::string("zone-") + zone);
    }
    application_namespace::make_node(plane_, "node-a2", "zone-a");
}

void stage::add_pods(application_namespace& where, const std::vector<std::size_t>& which,
                     const std::string& node) {
    for (const std::size_t index : which) where.add_pod(pod_name(index), server(index).address(), node);
}

std::vector<std::string> stage::addresses(const std::vector<std::size_t>& which) {
    std::vector<std::string> result;
    for (const std::size_t index : which) result.push_back(server(index).address());
    return result;
}

std::string stage::url(const application_namespace& where, const std::string& service,
                       const std::string& pool_keys) const {
    return std::string(dialect::scheme) + "://" + postgres_cluster::user() + ":" +
           postgres_cluster::password() + "@" + service + "." + where.name() + ".svc.cluster.local:5432/" +
           postgres_cluster::database() +
           "?pool_discovery=kubernetes&pool_kubernetes_api=" + control_plane::url() +
           "&pool_kubernetes_token_file=" + where.token_file() +
           "&pool_kubernetes_ca_file=" + plane_.ca_file() + "&pool_kubernetes_fallback=none&" + pool_keys;
}

std::vector<std::size_t> stage::sessions(const std::string& pool_name) {
    std::vector<std::size_t> counts;
    for (const auto& server : cluster_.servers()) counts.push_back(server->sessions(pool_name));
    return counts;
}

std::optional<endpoint_stats> stage::known(const pool<database>& pool, std::size_t index) {
    const endpoint where(server(index).address(), pod_port());
    for (endpoint_stats& one : pool.stats().endpoints) {
        if (one.where == where) return std::move(one);
    }
    return std::nullopt;
}

std::string pod_name(std::size_t server) { return "db-" + std::to_string(server); }

}  // namespace podpool::test
