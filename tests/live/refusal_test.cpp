// SPDX-License-Identifier: BSL-1.0
#include "pods.hpp"
#include "support/catch.hpp"

#include <mutex>
#include <stdexcept>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using counts = std::vector<std::size_t>;
using Catch::Matchers::ContainsSubstring;
using test_clock = std::chrono::steady_clock;

namespace {

/// Asks for a connection over and over, as callers do; returns what the last one was told.
std::string ask_many_times(pool<database>& pool, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) {
        try {
            const auto unexpected = pool.acquire(1s);
            FAIL("got a connection to " << to_string(unexpected.endpoint()));
        } catch (const error& problem) {
            CHECK(problem.code() == errc::connection_rejected);
            text = problem.what();
        }
    }
    return text;
}

counts attempts_so_far(pods& servers) {
    counts attempts;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        // So that no connection of our own comes later.
        servers[i].sql("select 1");
        attempts.push_back(servers.connection_attempts(i));
    }
    return attempts;
}

/// Each server was tried, and tried again only after a pause.
void check_few_attempts(pods& servers, const counts& before, test_clock::time_point start) {
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const std::size_t attempts = servers.connection_attempts(i) - before[i];
        CHECK(attempts >= 1);
        CHECK(attempts <= most_attempts(1s, 30s, test_clock::now() - start));
    }
}

/// Where an application keeps its password; connecting threads ask it.
class vault {
public:
    explicit vault(std::string password) : password_(std::move(password)) {}
    void put(std::string password) {
        const std::lock_guard held(mutex_);
        password_ = std::move(password);
    }
    [[nodiscard]] credentials get() const {
        const std::lock_guard held(mutex_);
        if (password_.empty()) throw std::runtime_error("the vault is sealed");
        return {dialect::cluster::user(), secret(password_)};
    }

private:
    mutable std::mutex mutex_;
    std::string password_;
};

}  // namespace

TEST_CASE("#24 a password rotates: each login asks for it, and renew_all replaces the sessions of before") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    vault keeper(dialect::cluster::password());
    login forgotten;
    forgotten.user = "nobody_here";
    forgotten.password = "canary-old";
    options settings = options::parse(servers.url(
        "pool_max_conns=3&pool_min_conns=3&pool_rebalance_pace=100%25&pool_name=rotated", forgotten));
    settings.provide_credentials = [&keeper](const endpoint&) { return keeper.get(); };
    pool<database> pool(settings);
    REQUIRE(eventually([&] { return pool.stats().idle == 3; }));

    for (std::size_t i = 0; i < 3; ++i) dialect::set_password(servers[i], "canary-next");
    keeper.put("canary-next");
    for (const auto& lease : lease_at_once(pool, 3)) CHECK(lease->query("select 1").rows() == 1);
    CHECK(pool.stats().renewals == 0);
    pool.renew_all();
    CHECK(eventually([&] { return pool.stats().renewals == 3 && pool.stats().idle == 3; }));
    // What was replaced ends on its server a moment later.
    CHECK(eventually([&] { return servers.sessions("rotated") == counts{1, 1, 1}; }));
    CHECK(eventually([&] { return servers.agree_with(pool, "rotated"); }));
    CHECK(pool.stats().open_failures == 0);

    for (std::size_t i = 0; i < 3; ++i) dialect::set_password(servers[i], dialect::cluster::password());
}

TEST_CASE("#24 credentials that can't be had are a refusal that says why, and mended without a new pool") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    vault keeper("");
    options settings = options::parse(servers.url("pool_max_conns=3&pool_name=sealed"));
    settings.provide_credentials = [&keeper](const endpoint&) { return keeper.get(); };
    pool<database> pool(settings);
    CHECK_THAT(ask_many_times(pool, 3), ContainsSubstring("no credentials: the vault is sealed"));
    CHECK(servers.sessions("sealed") == counts{0, 0, 0});
    keeper.put(dialect::cluster::password());
    CHECK(eventually([&] {
        try {
            return static_cast<bool>(pool.acquire(1s));
        } catch (const error&) {
            return false;
        }
    }));
}

TEST_CASE("#34 a wrong password is told at once, tried rarely, and mended without a new pool") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    const counts before = attempts_so_far(servers);
    const auto start = test_clock::now();
    login wrong;
    wrong.password = "canary-wrong";
    pool<database> pool(servers.url("pool_max_conns=12&pool_name=wrong", wrong));

    const std::string text = ask_many_times(pool, 300);

    CHECK_THAT(text, ContainsSubstring("every endpoint refuses the connection") &&
                         ContainsSubstring(dialect::wrong_password) && !ContainsSubstring("canary"));
    for (std::size_t i = 0; i < 3; ++i) CHECK_THAT(text, ContainsSubstring(servers[i].address()));
    check_few_attempts(servers, before, start);

    // Mended on one of them: everybody is served there.
    dialect::set_password(servers[1], "canary-wrong");
    REQUIRE(eventually([&] {
        try {
            return pool.acquire(1s).endpoint().address == servers[1].address();
        } catch (const error&) {
            return false;
        }
    }));
    const auto leases = lease_at_once(pool, 12);
    CHECK(servers.sessions("wrong") == counts{0, 12, 0});
    CHECK(eventually([&] { return servers.agree_with(pool, "wrong"); }));
    dialect::set_password(servers[1], dialect::cluster::password());
}

TEST_CASE("#34 an unknown database is told at once and tried rarely") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    const counts before = attempts_so_far(servers);
    const auto start = test_clock::now();
    login nowhere;
    nowhere.database = "nowhere";
    pool<database> pool(servers.url("pool_max_conns=12&pool_name=nowhere", nowhere));

    CHECK_THAT(ask_many_times(pool, 300), ContainsSubstring(dialect::unknown_database) &&
                                              ContainsSubstring(servers[2].address()) &&
                                              !ContainsSubstring("canary"));

    check_few_attempts(servers, before, start);
}

TEST_CASE("a server without room says so, is asked rarely, and the sessions that it has serve everybody") {
    if (!live_tests_can_run()) return;
    // Some of the eight are kept for superusers.
    pods servers(1, 8);
    const std::size_t before = attempts_so_far(servers)[0];
    const auto start = test_clock::now();
    pool<database> pool(servers.url("pool_max_conns=12&pool_name=full"));

    auto leases = lease_at_once(pool, 4);
    std::string text;
    try {
        while (true) leases.push_back(pool.acquire(2s));
    } catch (const error& problem) {
        CHECK(problem.code() == errc::acquire_timeout);
        text = problem.what();
    }
    CHECK_THAT(text, ContainsSubstring(dialect::no_room) && ContainsSubstring(servers[0].address()));
    CHECK(leases.size() >= 4);
    CHECK(servers.sessions("full") == counts{leases.size()});
    for (auto& one : leases) CHECK(one->query("select 1").get<int>(0, 0) == 1);

    // Twelve callers share them.
    const std::size_t available = leases.size();
    leases.clear();
    std::vector<std::thread> callers;
    std::atomic<int> served{0};
    for (int caller = 0; caller < 12; ++caller) {
        callers.emplace_back([&] {
            for (int i = 0; i < 20; ++i) {
                try {
                    pool.acquire()->query(dialect::sleep(5ms));
                    ++served;
                } catch (const std::exception&) {
                    return;
                }
            }
        });
    }
    for (std::thread& caller : callers) caller.join();
    CHECK(served == 12 * 20);
    CHECK(servers.sessions("full")[0] >= available);
    CHECK(eventually([&] { return servers.agree_with(pool, "full"); }));
    const std::size_t refused = servers.connection_attempts(0) - before - servers.sessions("full")[0];
    CHECK(refused <= most_attempts(100ms, 5s, test_clock::now() - start));
}
