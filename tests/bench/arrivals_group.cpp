// SPDX-License-Identifier: BSL-1.0
#include "contender_process.hpp"
#include "entrant.hpp"
#include "groups.hpp"

#include <support/postgres_server.hpp>
#include <support/real_dns_server.hpp>
#include <support/wait_for.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <thread>

namespace podpool::bench {

namespace {

using std::chrono::seconds;

constexpr const char* arrivals_group = "arrivals";
constexpr std::size_t fleet_size = 6;
constexpr std::size_t sessions_each = 10;
constexpr std::size_t servers_before = 3;
constexpr std::size_t servers_after = 5;

/// Real PostgreSQL servers behind a name, which begins with three of five.
class growing_service {
public:
    growing_service() : cluster_(cluster_settings()) {
        for (std::size_t index = 0; index < servers_after; ++index) cluster_.add_primary();
        publish(servers_before);
    }

    /// Makes the name stand for the first so many servers.
    void publish(std::size_t count) {
        std::vector<std::string> addresses;
        for (std::size_t index = 0; index < count; ++index) {
            addresses.push_back(cluster_.servers()[index]->address());
        }
        dns_.set_records(name, addresses);
    }

    /// The fleet's sessions on each server, as it counts them.
    std::vector<std::size_t> sessions() {
        std::vector<std::size_t> counts;
        for (const auto& server : cluster_.servers()) counts.push_back(server->sessions("fleet"));
        return counts;
    }

    [[nodiscard]] std::string uri() const {
        return "postgresql://" + test::postgres_cluster::user() + "@" + name + ":" +
               std::to_string(cluster_.port()) + "/" + test::postgres_cluster::database() +
               "?sslmode=disable&pool_name=fleet&pool_dns_servers=" + dns_.address();
    }

private:
    static constexpr const char* name = "shop.prod.svc.cluster.local";

    static test::postgres_cluster_settings cluster_settings() {
        std::string why;
        if (!test::postgres_cluster::available(why)) throw std::runtime_error(why);
        if (!test::real_dns_server::available(why)) throw std::runtime_error(why);
        test::postgres_cluster_settings settings;
        settings.max_connections = 2 * fleet_size * sessions_each;
        settings.access = {"host all " + test::postgres_cluster::user() + " 127.0.0.0/8 trust"};
        return settings;
    }

    test::postgres_cluster cluster_;
    test::real_dns_server dns_;
};

std::size_t sum(const std::vector<std::size_t>& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

double max_over_mean(const std::vector<std::size_t>& counts) {
    const double mean = static_cast<double>(sum(counts)) / static_cast<double>(counts.size());
    return mean > 0 ? static_cast<double>(*std::max_element(counts.begin(), counts.end())) / mean : 0;
}

std::string counts_text(const std::vector<std::size_t>& counts) {
    std::string text;
    for (const std::size_t each : counts) text += (text.empty() ? "" : "/") + std::to_string(each);
    return text;
}

/// What the sessions looked like so long after the arrival.
struct look {
    seconds after;
    std::vector<std::size_t> counts;
};

series one_value(double value) {
    series values;
    values.add(value);
    return values;
}

void say(const entrant& who, const std::vector<look>& looks, double failures, double queries, report& into) {
    const std::string workload =
        "6 processes of 10 busy callers on 10 connections, 3 servers become 5: " + who.name;
    const look& last = looks.back();
    constexpr double even_enough = 1.05;
    row balance(
        arrivals_group,
        workload + ", max/mean of the servers' sessions after " + std::to_string(last.after.count()) + " s",
        {"", 2}, one_value(max_over_mean(last.counts)));
    balance.goal = aim{aim::bound::at_most, even_enough, true};
    into.rows.push_back(std::move(balance));
    row failed(arrivals_group,
               workload + ", failed acquires and queries of " + std::to_string(std::uint64_t(queries)),
               {"", 0}, one_value(failures));
    failed.goal = aim{aim::bound::at_most, 0, true};
    into.rows.push_back(std::move(failed));
    std::string course;
    for (const look& each : looks) {
        course += (course.empty() ? "" : "; ") + std::to_string(each.after.count()) +
                  " s: " + counts_text(each.counts);
    }
    into.remarks.push_back("arrivals, " + who.name + ": sessions by server after " + course);
}

void measure(const entrant& who, const bench_settings& settings, report& into) {
    std::cerr << "running: arrivals: " << who.name << '\n';
    growing_service service;
    const task what{"", workload::select_1, sessions_each, sessions_each};
    const std::vector<std::string> command = command_of(who, what, service.uri());
    std::vector<std::unique_ptr<contender_process>> fleet;
    for (std::size_t index = 0; index < fleet_size; ++index) {
        fleet.push_back(std::make_unique<contender_process>(command));
    }
    if (!test::wait_for([&] { return sum(service.sessions()) == fleet_size * sessions_each; })) {
        throw std::runtime_error(who.name + " doesn't have its sessions open");
    }
    const std::vector<seconds> when =
        settings.quick
            ? std::vector<seconds>{seconds(3)}
            : std::vector<seconds>{seconds(10), seconds(20), seconds(30), seconds(45), seconds(60)};
    const seconds settle(settings.quick ? 1 : 5);
    const seconds reserve(2);
    const std::chrono::nanoseconds length = settle + when.back() + reserve;
    for (const auto& each : fleet) each->ask("run " + std::to_string(length.count()));
    std::this_thread::sleep_for(settle);
    std::vector<look> looks{{seconds(0), service.sessions()}};
    service.publish(servers_after);
    const auto arrived = std::chrono::steady_clock::now();
    for (const seconds at : when) {
        std::this_thread::sleep_until(arrived + at);
        looks.push_back({at, service.sessions()});
    }
    double failures = 0;
    double queries = 0;
    for (const auto& each : fleet) {
        const contender_answer answer = each->answer(length);
        failures += answer.of("failed");
        queries += answer.of("queries");
        if (!answer.why.empty()) into.remarks.push_back("arrivals, " + who.name + ": " + answer.why);
    }
    say(who, looks, failures, queries, into);
}

}  // namespace

void run_arrivals_group(const bench_settings& settings, report& into) {
    for (const entrant& each : all_entrants(settings)) {
        const bool is_podpool = each.kind == "blocking";
        if (!is_podpool || (settings.quick && !each.keys.empty())) continue;
        measure(each, settings, into);
    }
}

}  // namespace podpool::bench
