// SPDX-License-Identifier: BSL-1.0
#include "contender.hpp"

#include "../series.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <barrier>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace podpool::bench {

namespace {

using contender_clock = caller_round::clock;

constexpr std::chrono::microseconds own_work_length{200};
constexpr std::chrono::milliseconds pause_after_failure{100};

void keep_process_on_first_core() {
    cpu_set_t usable;
    CPU_ZERO(&usable);
    if (sched_getaffinity(0, sizeof usable, &usable) != 0)
        throw std::runtime_error("sched_getaffinity failed");
    std::size_t first = 0;
    while (!CPU_ISSET(first, &usable)) ++first;
    CPU_ZERO(&usable);
    CPU_SET(first, &usable);
    if (sched_setaffinity(0, sizeof usable, &usable) != 0)
        throw std::runtime_error("sched_setaffinity failed");
}

workload workload_named(const std::string& name) {
    if (name == "select_1") return workload::select_1;
    if (name == "transfer") return workload::transfer;
    if (name == "nothing") return workload::nothing;
    throw std::runtime_error("work is '" + name + "'; expected select_1, transfer or nothing");
}

own_work own_work_named(const std::string& name) {
    if (name == "none") return own_work::none;
    if (name == "busy") return own_work::busy;
    if (name == "asleep") return own_work::asleep;
    throw std::runtime_error("between is '" + name + "'; expected none, busy or asleep");
}

double seconds_of(const timeval& time) {
    constexpr double microseconds_per_second = 1e6;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / microseconds_per_second;
}

void work_for_oneself(own_work kind) {
    if (kind == own_work::asleep) {
        std::this_thread::sleep_for(own_work_length);
    } else {
        const auto end = contender_clock::now() + own_work_length;
        while (contender_clock::now() < end) continue;
    }
}

}  // namespace

contender_settings::contender_settings(int argc, char** argv) {
    for (int index = 1; index < argc; ++index) {
        const std::string_view word = argv[index];
        const std::size_t equals = word.find('=');
        const std::string_view key = word.substr(0, equals);
        const std::string value(equals == std::string_view::npos ? "" : word.substr(equals + 1));
        if (key == "kind") {
            kind = value;
        } else if (key == "uri") {
            uri = value;
        } else if (key == "work") {
            work = workload_named(value);
        } else if (key == "callers") {
            callers = std::stoul(value);
        } else if (key == "connections") {
            connections = std::stoul(value);
        } else if (key == "between") {
            between = own_work_named(value);
        } else if (key == "cores") {
            one_core = value == "one";
        } else {
            throw std::runtime_error("unknown word '" + std::string(word) + "'");
        }
    }
}

caller_round::caller_round(std::uint64_t queries, own_work between) : quota_(queries), between_(between) {
    // Enough that the list hardly ever grows while the time is taken.
    constexpr std::size_t usual = 65536;
    microseconds_.reserve(usual);
}

void caller_round::begin(clock::time_point deadline) {
    deadline_ = deadline;
    asked_ = clock::now();
}

void caller_round::done(std::uint64_t queries) {
    const auto answered = clock::now();
    queries_ += queries;
    microseconds_.push_back(std::chrono::duration<double, std::micro>(answered - asked_).count() /
                            static_cast<double>(queries));
    asked_ = answered;
    if (between_ == own_work::none) return;
    work_for_oneself(between_);
    asked_ = clock::now();
}

void caller_round::failed(const std::string& why) {
    ++failures_;
    if (why_.empty()) why_ = why;
    if (quota_ != 0) quota_ = queries_;
    std::this_thread::sleep_for(pause_after_failure);
    asked_ = clock::now();
}

contender_round::contender_round(const contender_settings& settings, std::chrono::nanoseconds length,
                                 std::uint64_t queries)
    : length_(length),
      callers_(settings.callers, caller_round(queries / settings.callers, settings.between)) {}

contender_round::cpu_time contender_round::cpu_time_so_far() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return {seconds_of(used.ru_utime), seconds_of(used.ru_stime)};
}

void contender_round::begin() {
    cpu_at_begin_ = cpu_time_so_far();
    begin_ = contender_clock::now();
    for (caller_round& each : callers_) each.begin(begin_ + length_);
}

std::string contender_round::answer() const {
    const std::chrono::duration<double> took = contender_clock::now() - begin_;
    const cpu_time now = cpu_time_so_far();
    std::uint64_t queries = 0;
    std::uint64_t failures = 0;
    std::string why;
    std::vector<double> times;
    for (const caller_round& each : callers_) {
        queries += each.queries();
        failures += each.failures();
        if (why.empty()) why = each.why();
        times.insert(times.end(), each.microseconds().begin(), each.microseconds().end());
    }
    constexpr double nearly_all = 0.99;
    constexpr double all_but_a_few = 0.999;
    std::ostringstream text;
    text << "queries=" << queries << " seconds=" << took.count() << " p50=" << quantile(times, 0.5)
         << " p99=" << quantile(times, nearly_all) << " p999=" << quantile(times, all_but_a_few)
         << " user=" << now.user - cpu_at_begin_.user << " system=" << now.system - cpu_at_begin_.system
         << " failed=" << failures;
    if (failures > 0) text << " why=" << why.substr(0, why.find('\n'));
    return text.str();
}

void run_threads(contender_round& round, const std::function<void(std::size_t)>& query) {
    std::vector<caller_round>& callers = round.callers();
    std::barrier all_here(static_cast<std::ptrdiff_t>(callers.size()),
                          [&round]() noexcept { round.begin(); });
    std::vector<std::jthread> threads;
    threads.reserve(callers.size());
    for (std::size_t index = 0; index < callers.size(); ++index) {
        threads.emplace_back([&, index] {
            // Sleeps end when they should; a thread's default slack is 50 µs.
            prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
            caller_round& caller = callers[index];
            all_here.arrive_and_wait();
            while (caller.goes_on()) {
                try {
                    query(index);
                    caller.done();
                } catch (const std::exception& problem) {
                    caller.failed(problem.what());
                }
            }
        });
    }
}

void serve(const contender_settings& settings, const std::function<void(contender_round&)>& run) {
    std::cout << "answer ready\n" << std::flush;
    std::string order;
    std::uint64_t amount = 0;
    while (std::cin >> order >> amount) {
        const bool counted = order == "count";
        contender_round round(settings, std::chrono::nanoseconds(counted ? 0 : amount), counted ? amount : 0);
        run(round);
        std::cout << "answer " << round.answer() << '\n' << std::flush;
    }
}

int contender_main(int argc, char** argv, void (*run)(const contender_settings&)) {
    try {
        const contender_settings settings(argc, argv);
        if (settings.one_core) keep_process_on_first_core();
        run(settings);
        return 0;
    } catch (const std::exception& problem) {
        std::cerr << argv[0] << ": " << problem.what() << '\n';
        return 1;
    }
}

}  // namespace podpool::bench
