// SPDX-License-Identifier: BSL-1.0
#include "replicated_set.hpp"

#include "support/wait_for.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace podpool::soak {

namespace {

using server = test::postgres_server;

constexpr const char* service = "shop.prod.svc.cluster.local";

test::postgres_cluster_settings settings() {
    test::postgres_cluster_settings wanted;
    // Later lines win over the cluster's own.
    wanted.configuration = {
        "synchronous_commit = on",
        "synchronous_standby_names = 'ANY 1 (*)'",
        "max_wal_senders = 20",
        // A standby that was cut off is back within seconds, not minutes.
        "wal_sender_timeout = 5s",
        "wal_receiver_timeout = 5s",
        "wal_receiver_status_interval = 1s",
    };
    return wanted;
}

/// What a standby has of the primary's log, in bytes: received or, after its own restart, replayed.
std::uint64_t log_position(server& standby) {
    return std::stoull(
        standby.sql("select greatest(coalesce(pg_last_wal_receive_lsn(), '0/0'), "
                    "coalesce(pg_last_wal_replay_lsn(), '0/0')) - '0/0'::pg_lsn"));
}

}  // namespace

replicated_set::replicated_set(std::size_t standbys) : cluster_(settings()) {
    primary_ = &cluster_.add_primary();
    while (standbys_.size() < standbys) standbys_.push_back(&start_standby());
    wait_until_streaming();
    primary_->sql("create table ledger (writer int, sequence bigint)", test::postgres_cluster::database());
    primary_->sql("grant all on ledger to " + test::postgres_cluster::user(),
                  test::postgres_cluster::database());
    wait_until_streaming();
    publish();
}

std::vector<server*> replicated_set::servers() const {
    std::vector<server*> all{primary_};
    all.insert(all.end(), standbys_.begin(), standbys_.end());
    return all;
}

std::string replicated_set::url(const std::string& pool_name, const std::string& pool_keys) const {
    using cluster = test::postgres_cluster;
    return "postgresql://" + cluster::user() + ":" + cluster::password() + "@" + service + ":" +
           std::to_string(cluster_.port()) + "/" + cluster::database() +
           "?pool_dns_servers=" + dns_.address() + "&pool_dns_refresh=1s&pool_name=" + pool_name + "&" +
           pool_keys;
}

void replicated_set::wait_until_streaming() {
    const std::string position = primary_->sql("select pg_current_wal_flush_lsn()");
    const std::string have_it =
        "select count(distinct application_name) from pg_stat_replication where state = 'streaming' and "
        "flush_lsn >= '" +
        position + "' and application_name in (";
    std::string names;
    for (const server* one : standbys_) names += (names.empty() ? "'" : ", '") + one->address() + "'";
    const std::string wanted = std::to_string(standbys_.size());
    if (!test::wait_for([&] { return primary_->sql(have_it + names + ")") == wanted; })) {
        throw std::runtime_error("not every standby streams from the primary " + primary_->address() + ": " +
                                 primary_->sql("select string_agg(application_name || ' ' || state || ' ' || "
                                               "coalesce(flush_lsn::text, '-'), ', ') from "
                                               "pg_stat_replication"));
    }
}

server& replicated_set::best_standby() {
    // What has been received is known once nothing is received any more, and all of it is replayed.
    const auto ended = [](server* one) {
        return one->sql("select count(*) from pg_stat_wal_receiver where status = 'streaming'") == "0";
    };
    if (!test::wait_for([&] { return std::all_of(standbys_.begin(), standbys_.end(), ended); })) {
        throw std::runtime_error("a standby still streams from a dead primary");
    }
    std::vector<std::uint64_t> before;
    std::vector<std::uint64_t> positions;
    do {
        before = std::exchange(positions, {});
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        for (server* one : standbys_) positions.push_back(log_position(*one));
    } while (positions != before);
    return *standbys_.at(static_cast<std::size_t>(
        std::distance(positions.begin(), std::max_element(positions.begin(), positions.end()))));
}

server& replicated_set::promote_best() {
    server& next = best_standby();
    next.promote();
    former_primary_ = std::exchange(primary_, &next);
    std::erase(standbys_, &next);
    for (server* one : standbys_) one->follow(next);
    return *former_primary_;
}

server& replicated_set::replace(server& old) {
    server& fresh = start_standby();
    standbys_.push_back(&fresh);
    former_primary_ = nullptr;
    publish();
    cluster_.remove(old);
    wait_until_streaming();
    return fresh;
}

server& replicated_set::start_standby() {
    server& fresh = cluster_.add_replica(*primary_);
    fresh.follow(*primary_);
    return fresh;
}

server& replicated_set::add_standby() {
    server& fresh = start_standby();
    standbys_.push_back(&fresh);
    publish();
    return fresh;
}

void replicated_set::unpublish(const server& standby) {
    left_out_.insert(standby.address());
    publish();
}

void replicated_set::remove_standby(server& standby) {
    standby.stop();
    std::erase(standbys_, &standby);
    left_out_.erase(standby.address());
    cluster_.remove(standby);
}

void replicated_set::hide(const std::vector<server*>& servers) {
    hidden_.clear();
    for (const server* one : servers) hidden_.insert(one->address());
    publish();
}

void replicated_set::hide_all(bool hidden) {
    all_hidden_ = hidden;
    publish();
}

void replicated_set::publish() {
    std::vector<std::string> addresses;
    std::vector<server*> all = servers();
    if (former_primary_ != nullptr) all.push_back(former_primary_);
    for (const server* one : all) {
        const std::string& address = one->address();
        if (!all_hidden_ && !left_out_.contains(address) && !hidden_.contains(address))
            addresses.push_back(address);
    }
    dns_.set_records(service, addresses);
}

std::map<std::string, std::size_t> replicated_set::sessions(const std::string& pool_name) {
    std::map<std::string, std::size_t> counts;
    for (server* one : servers()) counts[one->address()] = one->sessions(pool_name);
    return counts;
}

std::vector<std::uint64_t> replicated_set::ledger_of(std::size_t writer) {
    std::istringstream list(
        primary_->sql("select coalesce(string_agg(sequence::text, ' ' order by sequence), '') from ledger "
                      "where writer = " +
                          std::to_string(writer),
                      test::postgres_cluster::database()));
    std::vector<std::uint64_t> found;
    for (std::uint64_t sequence = 0; list >> sequence;) found.push_back(sequence);
    return found;
}

void replicated_set::disconnect() {
    for (server* one : servers()) one->disconnect();
}

}  // namespace podpool::soak
