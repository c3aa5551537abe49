// SPDX-License-Identifier: BSL-1.0
#pragma once

// What all contenders share. Nothing of podpool is included here, and nothing that an older podpool may not
// have: the same source is also compiled against older releases, which then run beside the new one.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace podpool::bench {

/// What a caller does with the connection that it has.
enum class workload {
    select_1,  ///< `select 1`
    transfer,  ///< pgbench's TPC-B-like transaction
    nothing,   ///< gives it back
};

/// What a caller does between two leases.
enum class own_work { none, busy, asleep };

/// A contender's command line: words `key=value`.
struct contender_settings {
    /// Throws std::runtime_error for a word that isn't known.
    contender_settings(int argc, char** argv);

    std::string kind;
    std::string uri;
    workload work = workload::select_1;
    std::size_t callers = 1;
    std::size_t connections = 1;
    own_work between = own_work::none;
    /// All threads on the first core.
    bool one_core = false;
};

/// One caller's part of a round: when it is over, and how long each query took from the wish for a
/// connection until it was given back. The caller's own work isn't in it.
class caller_round {
public:
    using clock = std::chrono::steady_clock;

    /// Ends after `queries`, or at the deadline if that is zero.
    caller_round(std::uint64_t queries, own_work between);

    void begin(clock::time_point deadline);
    [[nodiscard]] bool goes_on() const { return quota_ != 0 ? queries_ < quota_ : asked_ < deadline_; }
    /// So many queries are answered, one after the other, and their connections given back.
    void done(std::uint64_t queries = 1);
    /// A query or its acquire has failed; the caller pauses.
    void failed(const std::string& why);

    [[nodiscard]] std::uint64_t queries() const { return queries_; }
    [[nodiscard]] std::uint64_t failures() const { return failures_; }
    [[nodiscard]] const std::string& why() const { return why_; }
    [[nodiscard]] const std::vector<double>& microseconds() const { return microseconds_; }

private:
    std::uint64_t quota_;
    own_work between_;
    std::uint64_t queries_ = 0;
    std::uint64_t failures_ = 0;
    std::string why_;
    clock::time_point asked_;
    clock::time_point deadline_;
    std::vector<double> microseconds_;
};

/// One round of all callers of a contender.
class contender_round {
public:
    /// `queries`: of all callers together; zero: as many as they can in `length`.
    contender_round(const contender_settings& settings, std::chrono::nanoseconds length,
                    std::uint64_t queries);

    [[nodiscard]] std::vector<caller_round>& callers() { return callers_; }
    /// The moment when all callers begin: time and CPU time count from here.
    void begin();
    /// The round's report, after the last caller has ended: words `key=value`.
    [[nodiscard]] std::string answer() const;

private:
    struct cpu_time {
        double user = 0;
        double system = 0;
    };
    static cpu_time cpu_time_so_far();

    std::chrono::nanoseconds length_;
    caller_round::clock::time_point begin_;
    cpu_time cpu_at_begin_;
    std::vector<caller_round> callers_;
};

/// Runs a round with a thread for each caller: `query(index of the caller)`, over and over. What it throws is
/// a failed query.
void run_threads(contender_round& round, const std::function<void(std::size_t)>& query);

/// Says that the contender is ready and then does what it reads from standard input, until that ends:
/// `run NANOSECONDS` or `count QUERIES`. Each is answered with one line on standard output.
void serve(const contender_settings& settings, const std::function<void(contender_round&)>& run);

/// main() of a contender: an exception ends it with a message.
int contender_main(int argc, char** argv, void (*run)(const contender_settings&));

}  // namespace podpool::bench
