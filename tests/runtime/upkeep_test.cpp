// SPDX-License-Identifier: BSL-1.0
// What the pool does off the callers' path: resets, checks, minimum sizes, ages; and drivers that throw.
#include "runtime/support.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

using namespace podpool::test;
using namespace std::chrono_literals;
using podpool::close_reason;
using podpool::failure;
using podpool::failure_kind;

namespace {

/// Makes the next check or reset of a used connection come soon.
podpool::options watchful_pool(std::size_t max_conns) {
    auto settings = small_pool(max_conns);
    settings.health_check_period = 100ms;
    return settings;
}

/// Waits until this much time has passed by the pool's own clock.
bool waits_by_its_clock(const fake_pool& pool, std::chrono::nanoseconds length) {
    const auto answered = [&] { return pool.stats().discovery_age.has_value(); };
    if (!eventually(answered)) return false;
    const auto since = *pool.stats().discovery_age;
    return eventually([&] { return *pool.stats().discovery_age - since >= length; });
}

}  // namespace

TEST_CASE("#12 a used connection is reset after its return, off the caller's path") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    settings.connect_timeout = 10min;
    fake_pool pool(settings, servers.driver());
    servers.silence(0, true);
    fake_lease leased = pool.acquire();
    const auto* const connection = &*leased;
    leased->use();
    leased.release();  // doesn't wait for the server, which is silent
    CHECK(pool.stats().maintaining == 1);
    CHECK_FALSE(pool.try_acquire());
    auto waiting = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 1));
    servers.silence(0, false);
    CHECK(&*result_of(waiting) == connection);
    CHECK(servers.seen(0).resets == 1);
}

TEST_CASE("an unused connection needs no reset, and none is reset where pool_reset says so") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    fake_pool untouched(settings, servers.driver());
    untouched.acquire().release();
    CHECK(untouched.stats().maintaining == 0);
    settings.reset = podpool::reset_mode::none;
    fake_pool careless(settings, servers.driver());
    careless.acquire()->use();
    CHECK(careless.stats().idle == 1);
    CHECK(careless.stats().maintaining == 0);
    CHECK(servers.seen(0).resets == 0);
}

TEST_CASE("a session that no reset can undo is replaced without a failure") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    pool.acquire()->stain();
    pool.acquire()->use();
    const auto figures = pool.stats();
    CHECK(closes(figures, close_reason::discarded) == 1);
    CHECK(closes(figures, close_reason::broken) == 0);
    CHECK(figures.endpoints[0].last_failure.kind == failure_kind::none);
    CHECK(servers.seen(0).attempts == 2);
    auto settings = small_pool(1);
    settings.reset = podpool::reset_mode::rollback;
    fake_pool careless(settings, servers.driver());
    careless.acquire()->stain();
    CHECK(careless.stats().idle == 1);
}

TEST_CASE("a connection that keeps too much memory is closed without a failure") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    pool.acquire()->swell();
    CHECK(pool.stats().open == 0);
    CHECK(closes(pool.stats(), close_reason::oversized) == 1);
    CHECK(pool.stats().endpoints[0].last_failure.kind == failure_kind::none);
    CHECK(servers.seen(0).attempts == 1);
    CHECK(pool.acquire()->alive());
    CHECK(servers.seen(0).attempts == 2);
}

TEST_CASE("#12 a connection whose reset fails is replaced") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    {
        const fake_lease leased = pool.acquire();
        leased->use();
        servers.world().kill_sessions(servers.at(0));
    }
    CHECK(pool.acquire()->alive());
    const auto figures = pool.stats();
    CHECK(closes(figures, close_reason::broken) == 1);
    CHECK(figures.endpoints[0].last_failure.kind == failure_kind::none);
    CHECK(servers.seen(0).attempts == 2);
}

TEST_CASE("#12 a connection whose reset overruns is replaced") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    settings.connect_timeout = 20ms;
    fake_pool pool(settings, servers.driver());
    servers.silence(0, true);
    pool.acquire()->use();
    CHECK(eventually([&] { return closes(pool.stats(), close_reason::broken) == 1; }));
    servers.silence(0, false);
    const fake_lease next = pool.acquire();
    CHECK(servers.seen(0).attempts >= 2);
    CHECK(eventually([&] { return servers.world().sessions() == 1; }));
}

TEST_CASE("#21 a connection whose reset hangs doesn't hold back callers while the pool has room") {
    const fake_servers servers(1);
    auto settings = small_pool(2);
    settings.connect_timeout = 10min;
    fake_pool pool(settings, servers.driver());
    servers.silence(0, true);
    pool.acquire()->use();
    CHECK(pool.acquire());
    CHECK(pool.stats().maintaining == 1);
}

TEST_CASE("#13 idle connections are asked for a sign of life, also those that were leased before") {
    const fake_servers servers(1);
    fake_pool pool(watchful_pool(1), servers.driver());
    pool.acquire().release();
    CHECK(eventually([&] { return servers.seen(0).pings >= 3; }));
    CHECK(pool.acquire());
    CHECK(servers.seen(0).attempts == 1);
}

TEST_CASE("a check reads how many sessions the server has, unless it doesn't tell or nobody wants to know") {
    const fake_servers servers(1);
    const bool wanted = GENERATE(true, false);
    const bool told = GENERATE(true, false);
    servers.count_sessions(0, 7, told);
    auto settings = watchful_pool(1);
    settings.server_totals = wanted;
    fake_pool pool(settings, servers.driver());
    pool.acquire().release();
    REQUIRE(eventually([&] { return servers.seen(0).pings >= 3; }));
    const auto sessions = pool.stats().endpoints.at(0).server_sessions;
    CHECK(sessions.has_value() == (wanted && told));
    CHECK(sessions.value_or(8) == 8);
}

TEST_CASE("#13 a connection that fails its check is closed, and the minimum is kept") {
    const fake_servers servers(1);
    auto settings = watchful_pool(2);
    settings.min_conns = 1;
    fake_pool pool(settings, servers.driver());
    REQUIRE(eventually([&] { return pool.stats().idle == 1; }));
    servers.world().kill_sessions(servers.at(0));
    CHECK(eventually([&] { return closes(pool.stats(), close_reason::broken) == 1; }));
    CHECK(eventually([&] { return pool.stats().open == 1 && servers.seen(0).attempts == 2; }));
}

TEST_CASE("#13 a server that is silent to a check counts as down") {
    const fake_servers servers(2);
    auto settings = watchful_pool(2);
    settings.connect_timeout = 20ms;
    settings.min_conns = 2;
    fake_pool pool(settings, servers.driver());
    REQUIRE(eventually([&] { return pool.stats().idle == 2; }));
    servers.silence(0, true);
    servers.refuse(0, failure(failure_kind::endpoint_down, "connection refused"));
    CHECK(eventually([&] { return closes(pool.stats(), close_reason::endpoint_failed) >= 1; }));
    CHECK(eventually([&] { return servers.seen(0).sessions == 0 && servers.seen(1).sessions == 2; }));
}

TEST_CASE("#19 a check never touches a leased connection") {
    const fake_servers servers(2);
    fake_pool pool(watchful_pool(2), servers.driver());
    fake_lease first = pool.acquire();
    fake_lease second = pool.acquire();
    const std::size_t held = first.endpoint() == servers.at(0) ? 0 : 1;
    second.release();
    // The other one's checks tell that time has passed.
    CHECK(eventually([&] { return servers.seen(1 - held).pings >= 3; }));
    CHECK(servers.seen(held).pings == 0);
    CHECK(first->alive());
}

TEST_CASE("#18 idle connections above the minimum are closed after their time") {
    const fake_servers servers(1);
    auto settings = small_pool(3);
    settings.min_conns = 1;
    settings.max_conn_idle_time = 1s;
    fake_pool pool(settings, servers.driver());
    {
        const fake_lease first = pool.acquire();
        const fake_lease second = pool.acquire();
        const fake_lease third = pool.acquire();
        REQUIRE(servers.world().sessions() == 3);
    }
    CHECK(eventually([&] { return servers.world().sessions() == 1; }));
    CHECK(closes(pool.stats(), close_reason::idle_timeout) == 2);
}

TEST_CASE(
    "#14 #15 a lease is not cut at its connection's end of life, and nobody gets the connection after it") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    settings.max_conn_lifetime = 1s;
    settings.max_conn_lifetime_jitter = 0s;
    fake_pool pool(settings, servers.driver());
    fake_lease leased = pool.acquire();
    std::this_thread::sleep_for(settings.max_conn_lifetime);
    CHECK(leased->alive());
    CHECK(servers.seen(0).sessions >= 1);
    leased.release();
    CHECK(eventually([&] { return closes(pool.stats(), close_reason::lifetime) >= 1; }));
    CHECK(pool.acquire()->alive());
    CHECK(servers.seen(0).attempts >= 2);
}

TEST_CASE("#16 the minimum is there again after lifetimes have ended") {
    const fake_servers servers(2);
    auto settings = small_pool(2);
    settings.min_conns = 2;
    settings.max_conn_lifetime = 1s;
    fake_pool pool(settings, servers.driver());
    CHECK(eventually([&] { return closes(pool.stats(), close_reason::lifetime) >= 3; }));
    CHECK(eventually([&] { return pool.stats().open == 2; }));
}

TEST_CASE("a minimum of idle connections is kept while leases are out") {
    const fake_servers servers(2);
    auto settings = small_pool(4);
    settings.min_idle_conns = 1;
    fake_pool pool(settings, servers.driver());
    REQUIRE(eventually([&] { return pool.stats().idle == 1; }));
    const fake_lease first = pool.acquire();
    CHECK(eventually([&] { return pool.stats().idle == 1; }));
    const fake_lease second = pool.acquire();
    CHECK(eventually([&] { return pool.stats().idle == 1; }));
}

TEST_CASE("a minimum that a lease undercuts during a back-off is restored when the back-off ends") {
    const fake_servers servers(1);
    auto settings = small_pool(3);
    settings.min_idle_conns = 1;
    settings.rebalance = false;  // it looks again by itself
    fake_pool pool(settings, servers.driver());
    REQUIRE(eventually([&] { return pool.stats().idle == 1; }));
    // An attempt that nobody needs any more by the time it fails: no wake-up is planned for its back-off.
    servers.behave(0, manner::hang);
    fake_lease leased = pool.try_acquire();
    REQUIRE(eventually([&] { return servers.seen(0).attempts == 2; }));
    leased.release();
    REQUIRE(waits_by_its_clock(pool, 2 * podpool::core::machine::patience));  // the attempt's own wake-up
    servers.refuse(0, failure(failure_kind::rejected, "no such role"));
    REQUIRE(eventually([&] { return pool.stats().open_failures == 1; }));
    servers.behave(0, manner::accept);
    leased = pool.try_acquire();
    REQUIRE(leased);
    CHECK(eventually([&] { return pool.stats().idle == 1; }));
}

TEST_CASE("a renewal that can't begin when its lease comes back begins later") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    settings.rebalance = false;
    settings.renew_overshoot = 0;
    settings.max_conn_lifetime = 1s;
    settings.max_conn_lifetime_jitter = 0s;
    fake_pool pool(settings, servers.driver());
    // Past the first generation every connection ends exactly a second after its opening.
    REQUIRE(waits_by_its_clock(pool, settings.max_conn_lifetime));
    fake_lease leased = pool.acquire();
    // Its renewal is due in the last tenth of that.
    REQUIRE(waits_by_its_clock(pool, 940ms));
    leased.release();
    CHECK(eventually([&] { return closes(pool.stats(), close_reason::lifetime) == 1; }));
}

TEST_CASE("refresh asks discovery, and so does a failed connect") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    pool.refresh();
    CHECK(servers.world().refreshes() == 1);
    servers.refuse(0, failure(failure_kind::endpoint_down, "connection refused"));
    CHECK(eventually([&] {
        (void)failing_acquire(pool, 5ms);
        return servers.world().refreshes() >= 2;
    }));
}

TEST_CASE("a server that leaves discovery gets no new leases and, after its grace, no connections") {
    fake_servers servers(2);
    fake_pool pool(small_pool(4), servers.driver());
    std::vector<fake_lease> leases;
    for (int index = 0; index < 4; ++index) leases.push_back(pool.acquire());
    REQUIRE(servers.seen(1).sessions == 2);
    leases.clear();
    servers.world().publish({servers.at(0)});
    REQUIRE(eventually([&] { return pool.stats().discovery_answers == 2; }));
    for (int index = 0; index < 4; ++index) leases.push_back(pool.acquire());
    for (const fake_lease& leased : leases) CHECK(leased.endpoint() == servers.at(0));
    for (int answer = 0; answer < 2; ++answer) servers.world().publish({servers.at(0)});
    CHECK(eventually([&] { return servers.seen(1).sessions == 0; }));
    CHECK(eventually([&] { return pool.stats().endpoints.size() == 1; }));
}

namespace {

enum class throws { standard, other };

/// A driver that throws where it should answer.
class throwing_driver : public podpool::fake {
public:
    throwing_driver(const fake_servers& servers, throws what, int* opens_left)
        : fake(*servers.driver()), what_(what), opens_left_(opens_left) {}
    explicit throwing_driver(const podpool::options& settings) : fake(settings) {}

    boost::asio::awaitable<podpool::open_result<connection>> open(const podpool::endpoint_info& target) {
        if ((*opens_left_)-- <= 0) raise();
        co_return co_await fake::open(target);
    }
    boost::asio::awaitable<failure> reset(connection&, podpool::reset_mode) {
        raise();
        co_return failure{};
    }

private:
    void raise() const {
        if (what_ == throws::other) throw 42;
        throw std::runtime_error("the driver has no words");
    }

    throws what_ = throws::standard;
    int* opens_left_ = nullptr;
};

}  // namespace

TEST_CASE("what a driver throws while opening is that endpoint's failure") {
    const fake_servers servers(1);
    int opens_left = 0;
    const throws what = GENERATE(throws::standard, throws::other);
    podpool::pool<throwing_driver> pool(small_pool(1),
                                        std::make_unique<throwing_driver>(servers, what, &opens_left));
    REQUIRE(eventually([&] {
        try {
            (void)pool.acquire(1ms);
        } catch (const podpool::error&) {
        }
        const auto figures = pool.stats();
        return !figures.endpoints.empty() && figures.endpoints[0].open_failures > 0;
    }));
    const auto failed = pool.stats().endpoints[0].last_failure;
    CHECK(failed.kind == failure_kind::endpoint_down);
    CHECK(failed.message == (what == throws::standard
                                 ? "the driver has no words"
                                 : "the driver threw something that is no std::exception"));
}

TEST_CASE("a connection whose reset throws is replaced") {
    const fake_servers servers(1);
    int opens_left = 1;
    const throws what = GENERATE(throws::standard, throws::other);
    podpool::pool<throwing_driver> pool(small_pool(1),
                                        std::make_unique<throwing_driver>(servers, what, &opens_left));
    pool.acquire()->use();
    CHECK(eventually([&] { return closes(pool.stats(), close_reason::broken) == 1; }));
    CHECK(servers.world().sessions() == 0);
}

TEST_CASE("pool_zone=auto takes the zone from the environment, and its endpoints come first") {
    const fake_servers servers(4);
    podpool::endpoint_set answer;
    answer.source = "static";
    for (std::size_t index = 0; index < 4; ++index) {
        answer.endpoints.emplace_back(servers.at(index)).zone = index < 2 ? "here" : "there";
    }
    servers.world().publish(podpool::discovery_update(answer));
    podpool::options settings = small_pool(4);
    settings.min_conns = 4;
    settings.zone = "auto";
    const std::string zone = GENERATE("here", "there", "");
    if (zone.empty()) {
        ::unsetenv("PODPOOL_ZONE");
    } else {
        ::setenv("PODPOOL_ZONE", zone.c_str(), 1);
    }
    const fake_pool pool(settings, servers.driver());
    ::unsetenv("PODPOOL_ZONE");
    REQUIRE(eventually([&] { return pool.stats().idle == 4; }));
    for (const podpool::endpoint_stats& each : pool.stats().endpoints) {
        CAPTURE(zone, to_string(each.where), each.zone);
        CHECK(each.open == (zone.empty() ? 1U : each.zone == zone ? 2U : 0U));
        const bool spare = !zone.empty() && each.zone != zone;
        CHECK(each.state == (spare ? podpool::endpoint_state::spare : podpool::endpoint_state::ready));
    }
}
