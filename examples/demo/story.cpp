// SPDX-License-Identifier: BSL-1.0
#include "story.hpp"

#include "picture.hpp"
#include "pod_figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

namespace demo {

namespace {

constexpr std::chrono::milliseconds pace{50};
constexpr double sample_every = 0.25;  // seconds
constexpr double rate_window = 1;      // seconds
// What a slow machine may need beyond the time that a phase should take.
constexpr std::chrono::seconds allowance{30};
constexpr std::size_t victim = 0;

/// All connections are open, and every pod that is up has its share of them, give or take one.
bool is_even(const std::vector<pod_figures>& pods) {
    double up = 0;
    for (const pod_figures& pod : pods) up += pod.up ? 1 : 0;
    const std::size_t total = total_sessions(pods);
    if (total < connections || up == 0) return false;
    const double share = static_cast<double>(total) / up;
    return std::all_of(pods.begin(), pods.end(), [share](const pod_figures& pod) {
        return !pod.up || std::abs(static_cast<double>(pod.sessions) - share) <= 1;
    });
}

std::string text_of(const std::vector<pod_figures>& pods) {
    std::string text;
    for (const pod_figures& pod : pods) {
        text += (text.empty() ? "" : " ") + (pod.up ? std::to_string(pod.sessions) : "-");
    }
    return text;
}

}  // namespace

story::story(settings wanted, std::function<bool()> stopped)
    : settings_(std::move(wanted)), stopped_(std::move(stopped)) {}

bool story::tell() {
    set_up();
    constexpr std::array steps{&story::three_pods, &story::scale_up, &story::kill_one, &story::bring_back};
    for (std::size_t i = 0; i < static_cast<std::size_t>(settings_.phases) && !stopped_(); ++i) {
        (this->*steps.at(i))();
    }
    return !stopped_() && summarize();
}

double story::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

void story::set_up() {
    screen_.say(std::string("Starting three ") + dialect::name() + " servers " + podpool::test::live_place +
                " ...");
    pods_.start_more(3);
    pods_.publish();
    screen_.say("An application with " + std::to_string(callers) + " threads queries " + service +
                " through podpool: " + std::to_string(connections) +
                " connections,\neach renewed after at most " + std::to_string(settings_.lifetime.count()) +
                " s. All figures are counted on the servers.");
    began_ = std::chrono::steady_clock::now();
    application_ = std::make_unique<application>(pods_.uri(settings_.lifetime), callers);
}

void story::three_pods() {
    begin_phase("three pods", "Three pods: every pod gets as many sessions as the others.");
    end_phase(2, is_even);
}

void story::scale_up() {
    watch_during([this] { pods_.start_more(2); });
    pods_.publish();
    begin_phase("scaled to five",
                "Scaled to five pods: DNS names two more, which take their share as sessions are renewed.");
    end_phase(4, is_even);
}

void story::kill_one() {
    const pod_figures last = pods_.look().at(victim);
    in_flight_at_kill_ = last.in_flight;
    sessions_at_kill_ = last.sessions;
    pods_.kill(victim);
    begin_phase(
        "pod-1 killed",
        "SIGKILL for pod-1 with " + std::to_string(in_flight_at_kill_) + " queries in flight." +
            (podpool::test::live_dns_names_dead_servers ? " Its address stays in DNS: nobody tells the pool."
                                                        : " Docker's DNS forgets it."));
    end_phase(victim, is_even);
    const auto lost = outcomes_.back().failed_queries;
    const std::string queries = std::to_string(lost) + (lost == 1 ? " query" : " queries");
    history_.phases.back().remark = queries + " in flight lost";
    screen_.say("  " + queries + " failed, all others went on; " +
                std::to_string(outcomes_.back().failed_acquires) + " acquires failed.");
}

void story::bring_back() {
    watch_during([this] { pods_.restart(victim); });
    pods_.welcome_back(victim);
    begin_phase("pod-1 back", "Pod-1 is started again, and gets its share like a new one.");
    end_phase(victim, is_even);
}

void story::begin_phase(const std::string& name, const std::string& words) {
    const std::size_t number = outcomes_.size() + 1;
    screen_.say("\nPhase " + std::to_string(number) + ": " + words);
    headline_ = "phase " + std::to_string(number) + " of " + std::to_string(settings_.phases) + ": " + name;
    history_.phases.push_back({name, seconds(), ""});
    outcome begun;
    begun.before = pods_.look();
    outcomes_.push_back(std::move(begun));
}

void story::end_phase(std::size_t newest, const condition& done) {
    const double begins = history_.phases.back().begins;
    const double at_least = begins + std::chrono::duration<double>(settings_.per_phase).count();
    const double limit = at_least + std::chrono::duration<double>(4 * settings_.lifetime + allowance).count();
    bool held = false;
    watch_until([&] {
        held = done(history_.samples.back().pods);
        return seconds() >= limit || (held && seconds() >= at_least);
    });
    outcome& ended = outcomes_.back();
    ended.after = history_.samples.back().pods;
    ended.newest = newest;
    ended.held = held;
    const std::uint64_t renewals = application_->stats().renewals;
    ended.renewals = renewals - std::exchange(renewals_before_, renewals);
    const application::trouble seen = application_->seen();
    ended.failed_acquires = seen.failed_acquires - trouble_before_.failed_acquires;
    ended.failed_queries = seen.failed_queries - trouble_before_.failed_queries;
    trouble_before_ = seen;
}

void story::watch_until(const std::function<bool()>& done) {
    do {
        std::this_thread::sleep_for(pace);
        look();
    } while (!stopped_() && !done());
}

void story::watch_during(const std::function<void()>& work) {
    auto working = std::async(std::launch::async, work);
    while (working.wait_for(pace) != std::future_status::ready) look();
    working.get();
}

void story::look() {
    if (!history_.samples.empty() && seconds() - history_.samples.back().seconds < sample_every) return;
    sample taken;
    taken.pods = pods_.look();
    taken.seconds = seconds();
    history_.samples.push_back(std::move(taken));

    view now;
    now.headline = headline_;
    now.seconds = history_.samples.back().seconds;
    now.pods = history_.samples.back().pods;
    for (std::size_t i = 0; i < pods_.size(); ++i) now.names.push_back(pods_.address(i));
    now.queries_per_second = query_rates();
    const podpool::stats pool = application_->stats();
    now.waiting = pool.waiters;
    now.renewals = pool.renewals;
    const application::trouble seen = application_->seen();
    now.failed_acquires = seen.failed_acquires;
    now.failed_queries = seen.failed_queries;
    screen_.show(now);
}

/// Queries per second by pod over the last second or so.
std::vector<double> story::query_rates() const {
    const sample& last = history_.samples.back();
    const sample* earlier = &history_.samples.front();
    for (const sample& one : history_.samples) {
        if (last.seconds - one.seconds >= rate_window) earlier = &one;
    }
    std::vector<double> rates(last.pods.size(), 0);
    const double between = last.seconds - earlier->seconds;
    for (std::size_t i = 0; i < earlier->pods.size() && between > 0; ++i) {
        if (!last.pods[i].up || !earlier->pods[i].up) continue;
        rates[i] = static_cast<double>(last.pods[i].served - earlier->pods[i].served) / between;
    }
    return rates;
}

bool story::summarize() {
    const application::trouble seen = application_->seen();
    application_.reset();
    print_outcomes();

    // Each session of the killed pod may lose the query that it ran, and nobody may lose anything else.
    std::uint64_t excused = 0;
    if (const auto killed = seen.by_address.find(pods_.address(victim)); killed != seen.by_address.end()) {
        excused = std::min<std::uint64_t>(killed->second, sessions_at_kill_);
    }
    const bool even =
        std::all_of(outcomes_.begin(), outcomes_.end(), [](const outcome& one) { return one.held; });
    const bool held = even && seen.failed_acquires == 0 && seen.failed_queries == excused;

    std::printf("\n  Failed acquires: %llu\n", printable(seen.failed_acquires));
    std::printf("  Failed queries:  %llu", printable(seen.failed_queries));
    if (sessions_at_kill_ > 0) {
        std::printf(", %llu of them on pod-1, which had %zu in flight shortly before it was killed",
                    printable(excused), in_flight_at_kill_);
    }
    std::printf("\n");
    for (const auto& [reason, count] : seen.reasons) {
        std::printf("    %llu times: %s\n", printable(count), reason.c_str());
    }
    write_picture();
    std::printf("  Picture:         %s\n\n", settings_.output.c_str());
    if (!held) {
        std::printf("It did not hold: see above.\n");
    } else if (sessions_at_kill_ > 0) {
        std::printf(
            "It held: every pod had its share, and only queries that ran on the killed pod failed.\n");
    } else {
        std::printf("It held: every pod had its share, and no caller noticed anything.\n");
    }
    std::fflush(stdout);
    return held;
}

void story::print_outcomes() const {
    std::printf("\nSummary\n  %-16s  %-16s  max/mean          share of the      renewals  failed    failed\n",
                "phase", "sessions per pod");
    std::printf("  %-16s  %-16s  before    after   newest pod                  acquires  queries\n", "", "");
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
        const outcome& one = outcomes_[i];
        const std::size_t total = total_sessions(one.after);
        const auto newest = static_cast<double>(one.after.at(one.newest).sessions);
        const double share = total == 0 ? 0 : 100 * newest / static_cast<double>(total);
        std::array<char, 16> before{'-'};
        if (i > 0) std::snprintf(before.data(), before.size(), "%.2f", max_over_mean(one.before));
        std::printf("  %zu %-14s  %-16s  %6s   %6.2f   pod-%zu  %5.1f %%  %12llu  %8llu  %7llu%s\n", i + 1,
                    history_.phases[i].name.c_str(), text_of(one.after).c_str(), before.data(),
                    max_over_mean(one.after), one.newest + 1, share, printable(one.renewals),
                    printable(one.failed_acquires), printable(one.failed_queries),
                    one.held ? "" : "   not even in time");
    }
}

void story::write_picture() {
    history_.title = std::to_string(connections) + " database sessions on the pods behind one name";
    history_.subtitle = dialect::name() + std::string(" sessions of one podpool, counted in ") +
                        dialect::counted_in + "; " + std::to_string(callers) +
                        " busy callers, connections renewed after at most " +
                        std::to_string(settings_.lifetime.count()) + " s";
    for (std::size_t i = 0; i < pods_.size(); ++i) history_.pods.push_back("pod-" + std::to_string(i + 1));
    std::ofstream file(settings_.output);
    file << draw(history_);
    if (!file.flush()) throw std::runtime_error("cannot write " + settings_.output);
}

}  // namespace demo
