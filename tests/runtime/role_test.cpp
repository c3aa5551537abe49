// SPDX-License-Identifier: BSL-1.0
// Callers who want a server of one role, blocking and asynchronous.
#include "support.hpp"
#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;

namespace {

/// Server 0 is the primary.
void set_roles(const fake_servers& servers, std::size_t count) {
    for (std::size_t index = 0; index < count; ++index) {
        servers.world().with(servers.at(index), [index](fake_world::server& server) {
            server.role = index == 0 ? role::primary : role::standby;
        });
    }
}

void becomes(const fake_servers& servers, std::size_t index, role is) {
    servers.world().with(servers.at(index), [is](fake_world::server& server) { server.role = is; });
}

/// A driver whose servers have no roles.
class roleless {
public:
    using connection = fake_connection;

    explicit roleless(const options& settings) : inner_(settings) {}
    explicit roleless(std::shared_ptr<fake_world> world) : inner_(std::move(world)) {}

    [[nodiscard]] std::string label() const { return inner_.label(); }
    std::unique_ptr<discovery_source> discover(boost::asio::any_io_executor executor) {
        return inner_.discover(std::move(executor));
    }
    boost::asio::awaitable<open_result<connection>> open(const endpoint_info& where) {
        return inner_.open(where);
    }
    boost::asio::awaitable<failure> ping(connection& asked) { return inner_.ping(asked); }
    boost::asio::awaitable<failure> reset(connection& asked, reset_mode mode) {
        return inner_.reset(asked, mode);
    }
    bool is_alive(connection& asked) noexcept { return inner_.is_alive(asked); }
    return_state inspect(connection& returned, reset_mode mode) noexcept {
        return inner_.inspect(returned, mode);
    }

private:
    fake inner_;
};

static_assert(driver<roleless> && !driver_with_roles<roleless>);

/// The error of an acquire that must fail.
template <class Driver>
acquire_failure failing(pool<Driver>& from, role wanted, std::chrono::nanoseconds timeout) {
    try {
        (void)from.acquire(wanted, timeout);
    } catch (const error& thrown) {
        return {thrown.code(), thrown.what()};
    }
    return {};
}

}  // namespace

TEST_CASE("a caller gets a server of the role that he asks for, whichever way he asks") {
    const fake_servers servers(3);
    set_roles(servers, 3);
    io_threads threads;
    fake_pool pool(threads.executor(), small_pool(8), servers.driver());
    {
        const fake_lease writer = pool.acquire(role::primary);
        CHECK(writer.endpoint() == servers.at(0));
        const fake_lease reader = pool.acquire(role::standby, patience);
        CHECK(reader.endpoint() != servers.at(0));
    }
    REQUIRE(eventually([&] { return pool.stats().idle >= 2; }));
    {
        const fake_lease writer = pool.try_acquire(role::primary);
        REQUIRE(writer);
        CHECK(writer.endpoint() == servers.at(0));
    }
    auto future = pool.async_acquire(role::standby, boost::asio::use_future);
    CHECK(result_of(future).endpoint() != servers.at(0));
    auto timed = pool.async_acquire(role::primary, patience, boost::asio::use_future);
    CHECK(result_of(timed).endpoint() == servers.at(0));
    auto awaited = boost::asio::co_spawn(
        threads.executor(), [&pool] { return pool.async_acquire(role::primary); }, boost::asio::use_future);
    CHECK(result_of(awaited).endpoint() == servers.at(0));
    const stats figures = pool.stats();
    CHECK(figures.endpoints.at(0).role == role::primary);
    CHECK(broken_sum(figures).empty());
}

TEST_CASE("a timeout says which role was wanted and what each endpoint is") {
    const fake_servers servers(2);
    set_roles(servers, 2);
    becomes(servers, 0, role::standby);
    fake_pool pool(small_pool(4), servers.driver());
    (void)pool.acquire(role::standby);
    // By then both have been asked.
    const acquire_failure failed = failing(pool, role::primary, 1s);
    CHECK(failed.code == errc::acquire_timeout);
    INFO(failed.text);
    CHECK(failed.says("no primary among 2 endpoints: 10.0.0.1:5432 standby, 10.0.0.2:5432 standby"));
}

TEST_CASE("a role that can never be had is refused at once, with the reason") {
    const fake_servers servers(1);
    becomes(servers, 0, role::standby);
    fake_pool standbys(small_pool(4), servers.driver(role_policy{false, true, false}));
    const acquire_failure excluded = failing(standbys, role::primary, patience);
    CHECK(excluded.code == errc::role_excluded);
    CHECK(excluded.says("target_session_attrs lets no primary in"));
    CHECK_FALSE(standbys.try_acquire(role::primary));

    pool<roleless> plain(small_pool(4), std::make_unique<roleless>(servers.shared_world()));
    const acquire_failure unknown = failing(plain, role::standby, patience);
    CHECK(unknown.code == errc::role_excluded);
    CHECK(unknown.says("don't tell their roles"));
    CHECK(plain.acquire(patience));
}

TEST_CASE("after a refused write the new primary is found, and the old one serves readers") {
    const fake_servers servers(3);
    set_roles(servers, 3);
    options settings = small_pool(8);
    settings.reset = reset_mode::none;
    fake_pool pool(settings, servers.driver());
    {
        const fake_lease one = pool.acquire(role::primary);
        const fake_lease other = pool.acquire(role::primary);
        const fake_lease reader = pool.acquire(role::standby);
    }
    becomes(servers, 0, role::standby);
    becomes(servers, 1, role::primary);
    {
        const fake_lease first = pool.acquire(role::primary);
        CHECK_FALSE(first->write());
    }
    // Nobody after him is refused.
    for (int round = 0; round < 8; ++round) {
        const fake_lease writer = pool.acquire(role::primary, patience);
        CHECK(writer.endpoint() == servers.at(1));
        CHECK(writer->write());
    }
}

TEST_CASE("a promotion that a lease meets is news for the pool") {
    const fake_servers servers(2);
    set_roles(servers, 2);
    fake_pool pool(small_pool(4), servers.driver());
    (void)pool.acquire(role::primary);
    {
        const fake_lease reader = pool.acquire(role::standby);
        becomes(servers, 1, role::primary);
        becomes(servers, 0, role::standby);
        reader->use();
    }
    const fake_lease writer = pool.acquire(role::primary, patience);
    CHECK(writer.endpoint() == servers.at(1));
}

TEST_CASE("prefer-standby: a primary serves only while no standby can") {
    const fake_servers servers(2);
    set_roles(servers, 2);
    fake_pool pool(small_pool(4), servers.driver(role_policy{true, true, true}));
    for (int round = 0; round < 4; ++round) CHECK(pool.acquire(patience).endpoint() == servers.at(1));
    servers.refuse(1, failure(failure_kind::endpoint_down, "connection refused"));
    servers.world().kill_sessions(servers.at(1));
    {
        fake_lease broken = pool.acquire(patience);
        if (broken.endpoint() == servers.at(1)) broken->fail_with({failure_kind::endpoint_down, "shut down"});
    }
    CHECK(pool.acquire(patience).endpoint() == servers.at(0));
}
