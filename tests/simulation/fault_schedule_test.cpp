// SPDX-License-Identifier: BSL-1.0
// A few hundred random schedules of faults; `./dev soak --simulated` plays as many as wanted.
#include "fault_schedule.hpp"
#include "support/catch.hpp"

using namespace podpool::simulation;

TEST_CASE("under random faults no truth is broken, and every pool serves again when all is well") {
    schedule_figures all;
    for (std::uint64_t seed = 1; seed <= 150; ++seed) all.add(play_fault_schedule(seed));
    INFO("asked " << all.asked << ", served " << all.served << ", refused " << all.refused);
    // The schedules do what they say: callers were served, and faults hit some of them.
    CHECK(all.served > all.asked / 2);
    CHECK(all.lost_in_use > 0);
    CHECK(all.refused > 0);
    CHECK(all.faults.size() == 19);
}
