// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace podpool::test {

/// The signals that each thread of a process blocks, by the thread's number: bit 0 is signal 1. Threads that
/// end meanwhile are left out.
std::map<pid_t, std::uint64_t> blocked_signals_of(pid_t process);

/// What a thread blocks that takes no signals but those that a fault of its own raises.
std::uint64_t all_but_faults();

/// Waits until a process has at least `least` threads besides `known`, and they all block exactly
/// all_but_faults(). Returns nothing then, else the threads that don't: number and what they block.
std::string further_threads_that_take_signals(pid_t process, const std::map<pid_t, std::uint64_t>& known,
                                              std::size_t least);

}  // namespace podpool::test
