// SPDX-License-Identifier: BSL-1.0
#include "pods.hpp"

namespace demo {

bool pods::available(std::string& why) {
    return dialect::cluster::available(why) && dialect::name_server::available(why);
}

void pods::start_more(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        dialect::server& server = cluster_.add_primary();
        dialect::prepare(server);
        started_.push_back(&server);
    }
}

void pods::publish() {
    for (dialect::server* server : started_) {
        known_.push_back(server);
        up_.push_back(true);
    }
    started_.clear();
    std::vector<std::string> addresses;
    for (const dialect::server* server : known_) addresses.push_back(server->address());
    dns_.set_records(service, addresses);
}

void pods::kill(std::size_t index) {
    up_[index] = false;
    known_[index]->kill9();
}

std::vector<pod_figures> pods::look() {
    std::vector<pod_figures> all(known_.size());
    for (std::size_t i = 0; i < known_.size(); ++i) {
        if (up_[i]) all[i] = dialect::figures(*known_[i]);
    }
    return all;
}

std::string pods::uri(std::chrono::seconds lifetime) const {
    return dialect::scheme + std::string("://") + cluster_.user() + ":" + cluster_.password() + "@" +
           service + ":" + std::to_string(cluster_.port()) + "/" + cluster_.database() +
           "?pool_name=" + application_name + "&pool_max_conns=" + std::to_string(connections) +
           "&pool_min_conns=" + std::to_string(connections) +
           "&pool_max_conn_lifetime=" + std::to_string(lifetime.count()) +
           "s&pool_dns_refresh=1s&pool_dns_servers=" + dns_.address() + podpool::test::live_uri_keys;
}

}  // namespace demo
