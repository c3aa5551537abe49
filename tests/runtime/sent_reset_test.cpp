// SPDX-License-Identifier: BSL-1.0
// Resets that are sent when a lease ends, and whose answers the connection's next caller reads.
#include "runtime/support.hpp"
#include "support/catch.hpp"

#include <boost/asio/use_future.hpp>

#include <string>

using namespace podpool::test;
using namespace std::chrono_literals;
using podpool::close_reason;

namespace {

/// Servers whose driver sends a reset when a lease ends.
class sending_servers : public fake_servers {
public:
    explicit sending_servers(std::size_t count) : fake_servers(count) {
        for (std::size_t index = 0; index < count; ++index) {
            world().with(at(index),
                         [](podpool::fake_world::server& server) { server.takes_sent_resets = true; });
        }
    }
    void reject_resets(bool rejected) const {
        world().with(at(0),
                     [rejected](podpool::fake_world::server& server) { server.rejects_resets = rejected; });
    }
};

/// A lease comes and goes, and its reset is sent.
const void* use_once(fake_pool& pool) {
    const fake_lease leased = pool.acquire();
    leased->use();
    return &*leased;
}

/// Whether the pool has one idle connection, and nothing is being reset.
bool is_cleared(const fake_pool& pool) {
    const podpool::stats figures = pool.stats();
    return figures.idle == 1 && figures.maintaining == 0;
}

TEST_CASE("#12 a caller reads the answer to the last lease's reset before it gets the connection") {
    const sending_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    const void* const first = use_once(pool);
    CHECK(pool.stats().idle == 1);
    CHECK(servers.seen(0).resets == 0);
    const fake_lease leased = pool.acquire();
    CHECK(&*leased == first);
    CHECK(servers.seen(0).resets == 1);
}

TEST_CASE("try_acquire takes only a connection whose reset has been answered") {
    const sending_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    const void* const first = use_once(pool);
    servers.silence(0, true);
    CHECK_FALSE(pool.try_acquire());
    servers.silence(0, false);
    fake_lease leased;
    REQUIRE(eventually([&] { return static_cast<bool>(leased = pool.try_acquire()); }));
    CHECK(&*leased == first);
    CHECK(servers.seen(0).resets == 1);
}

TEST_CASE("a reset that fails costs its connection, never the caller") {
    const sending_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    use_once(pool);
    SECTION("the server rejects it") { servers.reject_resets(true); }
    SECTION("the session has ended") { servers.world().kill_sessions(servers.at(0)); }
    CHECK(pool.acquire()->alive());
    CHECK(closes(pool.stats(), close_reason::broken) == 1);
    CHECK(servers.seen(0).attempts == 2);
}

TEST_CASE("a slow answer to a reset holds nobody back while the pool has another connection") {
    const sending_servers servers(2);
    auto settings = small_pool(2);
    settings.connect_timeout = 10min;
    fake_pool pool(settings, servers.driver());
    fake_lease slow = pool.acquire();
    const std::size_t silent = slow.endpoint() == servers.at(0) ? 0 : 1;
    slow->use();
    servers.silence(silent, true);
    slow.release();
    const fake_lease other = pool.acquire();
    CHECK(other.endpoint() == servers.at(1 - silent));
    CHECK(pool.stats().maintaining == 1);  // the answer is read in the background
    servers.silence(silent, false);
    CHECK(eventually([&] { return is_cleared(pool); }));
}

TEST_CASE(
    "a caller whose time ends before the answer to a reset gets acquire_timeout, and the answer is read") {
    const sending_servers servers(1);
    auto settings = small_pool(1);
    settings.connect_timeout = 10min;
    fake_pool pool(settings, servers.driver());
    use_once(pool);
    servers.silence(0, true);
    try {
        static_cast<void>(pool.acquire(20ms));
        FAIL("got a connection whose reset has no answer");
    } catch (const podpool::error& problem) {
        CHECK(problem.code() == podpool::errc::acquire_timeout);
        CHECK(std::string_view(problem.what())
                  .find("(0 leased, 1 idle, 1 of them waiting for the server's "
                        "answer to a reset or a check)") != std::string_view::npos);
    }
    servers.silence(0, false);
    CHECK(eventually([&] { return is_cleared(pool); }));
    CHECK(servers.seen(0).resets == 1);
}

TEST_CASE("a thread that waits is given a connection whose reset was sent, and reads the answer itself") {
    const sending_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease leased = pool.acquire();
    const void* const first = &*leased;
    leased->use();
    auto waiting = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 1));
    leased.release();
    CHECK(&*result_of(waiting) == first);
    CHECK(servers.seen(0).resets == 1);
}

TEST_CASE("a thread that waited waits on, before others, when the reset of what it was given fails") {
    const sending_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease leased = pool.acquire();
    leased->use();
    auto waiting = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 1));
    servers.reject_resets(true);
    leased.release();
    CHECK(result_of(waiting)->alive());
    CHECK(servers.seen(0).attempts == 2);
}

TEST_CASE("async_acquire waits for the answer to a reset without blocking") {
    const sending_servers servers(1);
    auto settings = small_pool(1);
    settings.connect_timeout = 10min;
    io_threads threads;
    fake_pool pool(threads.executor(), settings, servers.driver());
    const void* const first = use_once(pool);
    SECTION("it is there") {
        auto leased = pool.async_acquire(boost::asio::use_future);
        CHECK(&*result_of(leased) == first);
    }
    SECTION("it comes later") {
        servers.silence(0, true);
        auto leased = pool.async_acquire(boost::asio::use_future);
        CHECK(pool.stats().maintaining == 1);
        servers.silence(0, false);
        CHECK(&*result_of(leased) == first);
    }
    SECTION("it comes to one that waits") {
        fake_lease busy = pool.acquire();
        busy->use();
        auto leased = pool.async_acquire(boost::asio::use_future);
        servers.silence(0, true);
        busy.release();
        servers.silence(0, false);
        CHECK(&*result_of(leased) == first);
    }
    CHECK(servers.seen(0).resets >= 1);
}

TEST_CASE("the answer to a reset is read in the background when nobody comes") {
    const sending_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    use_once(pool);
    CHECK(eventually([&] { return servers.seen(0).resets == 1; }));
    CHECK(eventually([&] { return is_cleared(pool); }));
    CHECK(pool.try_acquire());
    CHECK(servers.seen(0).resets == 1);
}

TEST_CASE("a pool closes with resets unanswered") {
    const sending_servers servers(1);
    auto settings = small_pool(3);
    settings.connect_timeout = 10min;
    {
        fake_pool pool(settings, servers.driver());
        fake_lease first = pool.acquire();
        fake_lease second = pool.acquire();
        first->use();
        second->use();
        servers.silence(0, true);
        first.release();
        second.release();
        CHECK(pool.close(patience));
    }
    CHECK(servers.world().sessions() == 0);
}

TEST_CASE("a role that the answer to a reset tells is the server's") {
    const sending_servers servers(1);
    const auto is = [&](podpool::role told) {
        servers.world().with(servers.at(0),
                             [told](podpool::fake_world::server& server) { server.role = told; });
    };
    is(podpool::role::primary);
    fake_pool pool(small_pool(1), servers.driver(podpool::role_policy{true, true, false}));
    use_once(pool);
    is(podpool::role::standby);
    const fake_lease leased = pool.acquire();
    CHECK(pool.stats().endpoints[0].role == podpool::role::standby);
}

}  // namespace
