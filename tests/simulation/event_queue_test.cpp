// SPDX-License-Identifier: BSL-1.0
#include "simulation/event_queue.hpp"
#include "support/catch.hpp"

#include <vector>

using namespace podpool::simulation;
using namespace std::chrono_literals;

TEST_CASE("events happen by time, and at one moment in the order they were asked for") {
    event_queue queue;
    std::vector<int> seen;
    queue.after(2s, [&] { seen.push_back(3); });
    queue.after(1s, [&] { seen.push_back(1); });
    queue.after(1s, [&] { seen.push_back(2); });
    while (queue.step(queue.now() + 1h)) {
    }
    CHECK(seen == std::vector<int>{1, 2, 3});
    CHECK(queue.happened() == 3);
}

TEST_CASE("what was called off doesn't happen, nor does another event in its place") {
    event_queue queue;
    int happened = 0;
    std::vector<event_queue::ticket> tickets;
    for (int number = 0; number < 5000; ++number) tickets.push_back(queue.after(1s, [&] { ++happened; }));
    for (const auto& ticket : tickets) queue.cancel(ticket);
    CHECK(queue.planned() == 0);
    queue.after(2s, [&] { happened += 10; });
    for (const auto& ticket : tickets) queue.cancel(ticket);
    while (queue.step(queue.now() + 1h)) {
    }
    CHECK(happened == 10);
}
