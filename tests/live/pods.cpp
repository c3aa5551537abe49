// SPDX-License-Identifier: BSL-1.0
#include "pods.hpp"

#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <cmath>
#include <future>
#include <iostream>
#include <map>
#include <numeric>

template class podpool::detail::pool_state<podpool::test::dialect::driver>;

namespace podpool::test {

namespace {

std::string new_name() {
    static int last = 0;
    return "shop-" + std::to_string(++last) + ".prod.svc.cluster.local";
}

}  // namespace

bool live_tests_can_run() {
    static const std::string missing = [] {
        std::string why;
        if (dialect::cluster::available(why) && dialect::name_server::available(why)) why.clear();
        return why;
    }();
    if (!missing.empty()) std::cout << "skipped: " << missing << '\n';
    return missing.empty();
}

pods::pods(std::size_t count, std::size_t max_connections)
    : cluster_(std::make_unique<dialect::cluster>(dialect::settings(max_connections))),
      dns_(std::make_unique<dialect::name_server>(*cluster_)),
      name_(new_name()) {
    while (size() < count) add();
    publish_all();
}

pods pods::with_replicas(std::size_t replicas) {
    pods group(1);
    while (group.size() < 1 + replicas) dialect::add_replica(*group.cluster_, group[0]);
    group.publish_all();
    return group;
}

void pods::publish(const std::vector<std::size_t>& which) {
    std::vector<std::string> addresses;
    for (const std::size_t index : which) addresses.push_back(cluster_->servers().at(index)->address());
    dns_->set_records(name_, addresses);
}

void pods::publish_all() {
    std::vector<std::size_t> all(size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    publish(all);
}

void pods::restore() {
    for (const auto& server : cluster_->servers()) {
        server->resume();
        server->start();
    }
    dns_->start();
    publish_all();
}

std::string pods::url(const std::string& pool_keys, const login& as) const {
    const bool has_refresh = pool_keys.find("pool_dns_refresh=") != std::string::npos;
    return dialect::scheme + ("://" + as.user) + ":" + as.password + "@" + name_ + ":" +
           std::to_string(port()) + "/" + as.database + "?pool_dns_servers=" + dns_->address() +
           live_uri_keys + (has_refresh ? "&" : "&pool_dns_refresh=1s&") + pool_keys;
}

std::vector<std::size_t> pods::sessions(std::string_view pool_name) {
    std::vector<std::size_t> counts;
    for (const auto& server : cluster_->servers()) {
        counts.push_back(server->running() ? server->sessions(pool_name) : 0);
    }
    return counts;
}

bool pods::agree_with(const pool<database>& pool, std::string_view pool_name) {
    std::map<endpoint, std::size_t> believed;
    std::map<endpoint, std::size_t> counted;
    for (const endpoint_stats& one : pool.stats().endpoints) {
        if (one.open > 0) believed[one.where] = one.open;
    }
    for (const auto& server : cluster_->servers()) {
        const std::size_t count = server->running() ? server->sessions(pool_name) : 0;
        if (count > 0) counted[endpoint(server->address(), server->port())] = count;
    }
    return counted == believed;
}

std::size_t pods::connection_attempts(std::size_t index) {
    return dialect::connection_attempts((*this)[index]);
}

pods& shared_pods() {
    static pods shared(3);
    shared.restore();
    return shared;
}

std::vector<lease<database>> lease_at_once(pool<database>& pool, std::size_t count, role wanted) {
    std::vector<std::future<lease<database>>> coming;
    for (std::size_t i = 0; i < count; ++i)
        coming.push_back(pool.async_acquire(wanted, boost::asio::use_future));
    std::vector<lease<database>> leases;
    for (auto& one : coming) leases.push_back(one.get());
    return leases;
}

std::size_t sum(const std::vector<std::size_t>& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

bool within_one_of_even(const std::vector<std::size_t>& counts) {
    const double even = static_cast<double>(sum(counts)) / static_cast<double>(counts.size());
    return std::all_of(counts.begin(), counts.end(), [even](std::size_t count) {
        return std::abs(static_cast<double>(count) - even) <= 1;
    });
}

std::size_t most_attempts(std::chrono::milliseconds first, std::chrono::milliseconds longest,
                          std::chrono::steady_clock::duration elapsed) {
    std::size_t attempts = 1;
    std::chrono::steady_clock::duration at{0};
    for (auto pause = first; (at += pause / 2) <= elapsed; pause = std::min(2 * pause, longest)) ++attempts;
    return attempts;
}

}  // namespace podpool::test
