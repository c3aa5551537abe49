// SPDX-License-Identifier: BSL-1.0
#include "story.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <sstream>
#include <thread>

namespace demo {

namespace {

constexpr auto service = "db.prod.svc.cluster.local";
constexpr std::size_t connections = 30;
constexpr unsigned workers = 24;
constexpr std::chrono::milliseconds sample_every{500};
constexpr std::chrono::seconds shown_without_terminal{3};

double max_over_mean(const std::vector<std::size_t>& sessions) {
    const auto sum = std::accumulate(sessions.begin(), sessions.end(), std::size_t{0});
    if (sum == 0) return 0;
    const double mean = static_cast<double>(sum) / static_cast<double>(sessions.size());
    return static_cast<double>(*std::max_element(sessions.begin(), sessions.end())) / mean;
}

bool within_one(const std::vector<std::size_t>& sessions) {
    const auto [least, most] = std::minmax_element(sessions.begin(), sessions.end());
    return *most - *least <= 2 &&
           std::accumulate(sessions.begin(), sessions.end(), std::size_t{0}) >= connections;
}

std::string two_decimals(double value) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << value;
    return text.str();
}

}  // namespace

story::story(settings wanted, std::function<bool()> stopped)
    : settings_(std::move(wanted)),
      stopped_(std::move(stopped)),
      on_terminal_(::isatty(STDOUT_FILENO) == 1) {}

bool story::tell() {
    start_servers();
    start_load();
    const bool complete = scale_up() && kill_one() && bring_back();
    return summarize(complete);
}

double story::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

void story::say(const std::string& words) {
    lines_shown_ = 0;
    std::cout << '\n' << words << '\n' << std::flush;
}

void story::publish() {
    std::vector<std::string> addresses;
    for (const auto& server : cluster_.servers()) addresses.push_back(server->address());
    dns_.set_records(service, addresses);
}

void story::start_servers() {
    say("Starting three PostgreSQL servers behind the name " + std::string(service) + " ...");
    for (int i = 0; i < 3; ++i) {
        history_.pods.push_back("pod-" + std::to_string(i + 1) + "  " + cluster_.add_primary().address());
    }
    publish();
}

void story::start_load() {
    const std::string uri =
        "postgresql://" + cluster_.user() + ":" + cluster_.password() + "@" + service + ":" +
        std::to_string(cluster_.port()) + "/" + cluster_.database() +
        "?pool_name=podpool-demo&pool_dns_refresh=1s&pool_reset=rollback&pool_max_conns=" +
        std::to_string(connections) + "&pool_min_conns=" + std::to_string(connections) +
        "&pool_max_conn_lifetime=" + std::to_string(settings_.lifetime.count()) +
        "s&pool_dns_servers=" + dns_.address();
    pool_ = std::make_unique<postgres_pool>(uri);
    load_ = std::make_unique<load>(*pool_, workers);
    began_ = std::chrono::steady_clock::now();
    say(std::to_string(workers) + " threads query through a pool of " + std::to_string(connections) +
        " connections, each renewed after at most " + std::to_string(settings_.lifetime.count()) + " s.");
    watch_until("three pods", settings_.per_phase, within_one);
    close_chapter("three pods");
}

bool story::scale_up() {
    if (stopped_()) return false;
    say("Scaling from three pods to five. The new ones get their share as connections are renewed.");
    for (int i = 3; i < 5; ++i) {
        history_.pods.push_back("pod-" + std::to_string(i + 1) + "  " + cluster_.add_primary().address());
    }
    for (sample& one : history_.samples) one.sessions.resize(history_.pods.size());
    history_.marks.push_back({seconds(), "scale to five"});
    publish();
    const bool even = watch_until("scaled to five", settings_.per_phase, within_one);
    close_chapter("five pods");
    return even;
}

bool story::kill_one() {
    if (stopped_()) return false;
    say("Killing pod-1 with SIGKILL. Its name stays in DNS: nobody tells the pool.");
    history_.marks.push_back({seconds(), "pod-1 killed"});
    cluster_.servers().front()->kill9();
    const bool refilled = watch_until("pod-1 killed", settings_.per_phase, [](const auto& sessions) {
        return std::accumulate(sessions.begin(), sessions.end(), std::size_t{0}) >= connections;
    });
    close_chapter("pod-1 down");
    return refilled;
}

bool story::bring_back() {
    if (stopped_()) return false;
    say("Starting pod-1 again.");
    history_.marks.push_back({seconds(), "pod-1 back"});
    cluster_.servers().front()->start();
    const bool even = watch_until("pod-1 back", settings_.per_phase, within_one);
    close_chapter("pod-1 back");
    return even;
}

bool story::watch_until(const std::string& headline, std::chrono::seconds at_least,
                        const std::function<bool(const std::vector<std::size_t>&)>& done) {
    const auto begin = std::chrono::steady_clock::now();
    const auto limit = begin + at_least + 4 * settings_.lifetime;
    std::vector<std::size_t> sessions;
    while (!stopped_()) {
        sessions = count_sessions();
        history_.samples.push_back({seconds(), sessions});
        show(headline, sessions);
        const auto now = std::chrono::steady_clock::now();
        if (now - begin >= at_least && done(sessions)) return true;
        if (now >= limit) return false;
        std::this_thread::sleep_for(sample_every);
    }
    return false;
}

std::vector<std::size_t> story::count_sessions() {
    std::vector<std::size_t> sessions;
    for (const auto& server : cluster_.servers()) {
        sessions.push_back(server->running() ? server->sessions("podpool-demo") : 0);
    }
    return sessions;
}

void story::show(const std::string& headline, const std::vector<std::size_t>& sessions) {
    const auto now = std::chrono::steady_clock::now();
    if (!on_terminal_ && now - last_shown_ < shown_without_terminal) return;
    const std::chrono::duration<double> since = now - std::exchange(last_shown_, now);
    const load::figures done = load_->now();
    const podpool::stats pool = pool_->stats();
    // On a terminal the table is drawn over the last one.
    if (on_terminal_ && lines_shown_ > 0) std::printf("\033[%zuA\033[J", lines_shown_);
    std::printf("%5.1f s  %-16s  max/mean %.2f  waiting %zu  failed acquires %llu\n", seconds(),
                headline.c_str(), max_over_mean(sessions), pool.waiters,
                static_cast<unsigned long long>(done.failed_acquires));
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        const std::string address = cluster_.servers()[i]->address();
        const auto found = done.queries.find(address);
        const std::uint64_t queries = found == done.queries.end() ? 0 : found->second;
        const double rate = static_cast<double>(queries - queries_before_[address]) / since.count();
        queries_before_[address] = queries;
        std::printf("  %-22s %3zu sessions %6.0f queries/s  %s\n", history_.pods[i].c_str(), sessions[i],
                    rate, std::string(sessions[i], '#').c_str());
    }
    std::fflush(stdout);
    lines_shown_ = sessions.size() + 1;
}

void story::close_chapter(const std::string& name) {
    if (history_.samples.empty()) return;
    chapter closed;
    closed.name = name;
    closed.sessions = history_.samples.back().sessions;
    // A dead pod has no share to compare.
    std::vector<std::size_t> living;
    for (std::size_t i = 0; i < closed.sessions.size(); ++i) {
        if (cluster_.servers()[i]->running()) living.push_back(closed.sessions[i]);
    }
    closed.max_over_mean = max_over_mean(living);
    chapters_.push_back(closed);
}

bool story::summarize(bool complete) {
    const load::figures done = load_->now();
    const podpool::stats pool = pool_->stats();
    load_.reset();
    say("Summary");
    for (const chapter& one : chapters_) {
        std::printf("  %-12s max/mean %s   sessions", one.name.c_str(),
                    two_decimals(one.max_over_mean).c_str());
        for (const std::size_t count : one.sessions) std::printf(" %zu", count);
        std::printf("\n");
    }
    std::printf(
        "  leases %llu, renewals %llu, timeouts %llu\n", static_cast<unsigned long long>(pool.acquires),
        static_cast<unsigned long long>(pool.renewals), static_cast<unsigned long long>(pool.timeouts));
    std::printf("  failed acquires: %llu\n", static_cast<unsigned long long>(done.failed_acquires));
    std::uint64_t failed = 0;
    for (const auto& [reason, count] : done.failed_queries) failed += count;
    std::printf("  failed queries: %llu, those in flight on the killed pod\n",
                static_cast<unsigned long long>(failed));
    for (const auto& [reason, count] : done.failed_queries) {
        std::printf("    %llu x %s\n", static_cast<unsigned long long>(count), reason.c_str());
    }
    history_.title =
        "podpool: 30 connections, lifetime " + std::to_string(settings_.lifetime.count()) + " s, under load";
    std::ofstream file(settings_.output);
    file << draw(history_);
    if (!file.flush()) {
        std::cerr << "podpool_demo: can't write " << settings_.output << '\n';
        return false;
    }
    std::printf("  picture: %s\n", settings_.output.c_str());
    if (stopped_()) return false;
    // At most one query per thread can be in flight when the pod dies.
    const bool held = complete && done.failed_acquires == 0 && failed <= workers;
    std::printf(held ? "All of it held.\n" : "Something didn't hold: see above.\n");
    return held;
}

}  // namespace demo
