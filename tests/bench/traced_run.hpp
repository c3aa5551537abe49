// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace podpool::bench {

/// Calls by name.
using system_calls = std::map<std::string, double>;

/// Reads what `strace -f` writes about a contender: the calls before each answer, that is, while it starts
/// and then in each round.
std::vector<system_calls> read_strace_log(const std::string& text);

/// Reads the total of a file that callgrind writes; throws std::runtime_error if there is none.
double read_callgrind_total(const std::string& text);

/// The calls in so many queries: those of the longer round beyond those of the shorter one, since each round
/// starts threads, too.
system_calls calls_per_query(const system_calls& few, const system_calls& many, double queries);

/// All of them, and then each that is made by every twentieth query or more often: `3.00: poll 1.00, ...`.
std::string calls_text(const system_calls& per_query);

/// Whether a tracer runs here; if not, `why` says what is missing.
bool can_count_system_calls(std::string& why);
bool can_count_instructions(std::string& why);

/// Lets a contender play two rounds under strace, of `few` and of `few` + `more` queries. Throws
/// std::runtime_error.
system_calls count_system_calls(const std::vector<std::string>& contender, std::uint64_t few,
                                std::uint64_t more);

/// Runs a contender twice under callgrind likewise: instructions in user space per query.
double count_instructions(const std::vector<std::string>& contender, std::uint64_t few, std::uint64_t more);

}  // namespace podpool::bench
