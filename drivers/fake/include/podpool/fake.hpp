// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/driver.hpp>
#include <podpool/fake/fake_source.hpp>
#include <podpool/fake/fake_world.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace podpool {

/// A session with a fake server.
class fake_connection {
public:
    fake_connection(std::shared_ptr<fake_world> world, const endpoint& where)
        : world_(std::move(world)), where_(where) {
        world_->with(where_, [this](fake_world::server& server) {
            server.most_sessions = std::max(server.most_sessions, ++server.sessions);
            epoch_ = server.epoch;
            told_ = server.role;
        });
    }
    fake_connection(const fake_connection&) = delete;
    fake_connection& operator=(const fake_connection&) = delete;
    ~fake_connection() {
        world_->with(where_, [](fake_world::server& server) { --server.sessions; });
    }

    [[nodiscard]] const endpoint& where() const noexcept { return where_; }

    /// Whether the server still has the session.
    [[nodiscard]] bool alive() const {
        return world_->with(where_,
                            [this](const fake_world::server& server) { return server.epoch == epoch_; });
    }

    /// Makes the lease come back with this failure, as a query that fails would.
    void fail_with(failure why) { failed_ = std::move(why); }
    /// Makes the lease need a reset, as a query would, whose answer brings the role up to date. False if the
    /// server failed it for a reason of its own.
    bool use() {
        used_ = true;
        ask_role();
        const bool failed =
            world_->with(where_, [](const fake_world::server& server) { return server.fails_statements; });
        if (failed)
            failed_ = failure(failure_kind::server_error, "could not extend file: No space left on device");
        served_ = served_ || !failed;
        return !failed;
    }
    /// A statement that writes: true if the server took it, false if it refused it as a standby.
    bool write() {
        used_ = true;
        const bool standby = world_->with(
            where_, [](const fake_world::server& server) { return server.role == podpool::role::standby; });
        refused_ = refused_ || standby;
        return !standby;
    }
    /// What the server last told of its role.
    [[nodiscard]] podpool::role role() const noexcept { return told_; }
    /// Leaves something in the session that no reset undoes.
    void stain() noexcept { stained_ = true; }
    /// Needs so much memory that the connection isn't worth keeping.
    void swell() noexcept { swollen_ = true; }

private:
    friend class fake;

    void ask_role() {
        told_ = world_->with(where_, [](const fake_world::server& server) { return server.role; });
    }

    std::shared_ptr<fake_world> world_;
    endpoint where_;
    std::uint64_t epoch_ = 0;
    podpool::role told_ = podpool::role::unknown;
    failure failed_;
    bool refused_ = false;
    bool served_ = false;
    bool used_ = false;
    bool stained_ = false;
    bool swollen_ = false;
    bool reset_sent_ = false;  // its answer hasn't been read
};

/// A driver whose servers live in memory, for tests of the pool and of programs that use it.
///
/// Thread safety: as the driver concept asks.
class fake {
public:
    using connection = fake_connection;

    /// A world of its own with nothing in it.
    explicit fake(const options&) : fake(std::make_shared<fake_world>()) {}
    /// Servers that the caller can change. `roles`: which of them are let in, and which preferred.
    explicit fake(std::shared_ptr<fake_world> world, role_policy roles = {})
        : world_(std::move(world)), roles_(roles) {}

    [[nodiscard]] std::string label() const { return "fake"; }
    [[nodiscard]] role_policy roles() const noexcept { return roles_; }

    std::unique_ptr<discovery_source> discover(boost::asio::any_io_executor executor) {
        return std::make_unique<fake_source>(std::move(executor), world_);
    }

    boost::asio::awaitable<open_result<connection>> open(const endpoint_info& target) {
        const endpoint where = target.where;
        const auto delay = world_->with(where, [](fake_world::server& met) {
            ++met.attempts;
            return met.connect_delay;
        });
        if (delay.count() > 0) co_await pause(delay);
        while (world_->with(where, hangs)) co_await pause(patience);
        const fake_world::server met = world_->with(where, [](const fake_world::server& now) { return now; });
        if (met.behaviour == fake_world::manner::refuse) co_return open_result<connection>(met.refusal);
        if (!roles_.admits(met.role)) {
            co_return open_result<connection>(
                failure(failure_kind::wrong_role, "the server is a " + std::string(to_string(met.role))));
        }
        co_return open_result<connection>(std::make_unique<connection>(world_, where));
    }

    boost::asio::awaitable<failure> ping(connection& asked) {
        if (asked.reset_sent_) {
            if (failure why = co_await reset(asked, reset_mode::full)) co_return why;
        }
        co_return co_await answer(asked, &fake_world::server::pings);
    }

    boost::asio::awaitable<ping_result> ping_and_count(connection& asked) {
        failure why = co_await ping(asked);
        const fake_world::server now = world_->with(asked.where_, [](const auto& server) { return server; });
        std::optional<std::size_t> sessions;
        if (now.tells_sessions) sessions = now.sessions + now.sessions_of_others;
        co_return ping_result(std::move(why), sessions);
    }

    boost::asio::awaitable<failure> reset(connection& asked, reset_mode) {
        asked.used_ = false;
        asked.reset_sent_ = false;
        failure why = co_await answer(asked, &fake_world::server::resets);
        const bool rejected = world_->with(
            asked.where_, [](const fake_world::server& server) { return server.rejects_resets; });
        if (rejected && !why) why = failure(failure_kind::connection_lost, "the reset was rejected");
        co_return why;
    }

    bool send_reset(connection& returned, reset_mode) noexcept {
        returned.reset_sent_ = world_->with(
            returned.where_, [](const fake_world::server& server) { return server.takes_sent_resets; });
        return returned.reset_sent_;
    }

    reset_answer read_reset_answer(connection& taken, std::chrono::steady_clock::time_point until) noexcept {
        while (world_->with(taken.where_, is_silent)) {
            if (std::chrono::steady_clock::now() >= until) return {true, {}};
            std::this_thread::sleep_for(patience);
        }
        taken.used_ = false;
        taken.reset_sent_ = false;
        taken.ask_role();
        const bool rejected = world_->with(taken.where_, [](fake_world::server& server) {
            ++server.resets;
            return server.rejects_resets;
        });
        if (taken.alive() && !rejected) return {};
        return {false, failure(failure_kind::connection_lost, "the server ended the session")};
    }

    bool is_alive(connection& asked) noexcept { return asked.alive(); }

    return_state inspect(connection& returned, reset_mode mode) noexcept {
        const bool full = clears(mode);
        if (!returned.failed_ && !returned.alive()) {
            returned.failed_ = world_->with(returned.where_,
                                            [](const fake_world::server& server) { return server.farewell; });
        }
        return {std::exchange(returned.failed_, {}),
                full && returned.used_,
                full && returned.stained_,
                returned.told_,
                std::exchange(returned.refused_, false),
                std::exchange(returned.served_, false),
                returned.swollen_};
    }

private:
    static boost::asio::awaitable<failure> answer(connection& asked,
                                                  std::uint64_t fake_world::server::* counter) {
        asked.world_->with(asked.where_, [counter](fake_world::server& server) { ++(server.*counter); });
        while (asked.world_->with(asked.where_, is_silent)) co_await pause(patience);
        asked.ask_role();
        if (asked.alive()) co_return failure{};
        co_return failure(failure_kind::connection_lost, "the server ended the session");
    }

    static boost::asio::awaitable<void> pause(std::chrono::nanoseconds length) {
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, length);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }

    static bool hangs(const fake_world::server& server) {
        return server.behaviour == fake_world::manner::hang;
    }
    static bool is_silent(const fake_world::server& server) { return server.silent; }

    /// How often a server that gives no answer is looked at again.
    static constexpr std::chrono::milliseconds patience{1};

    std::shared_ptr<fake_world> world_;
    role_policy roles_;
};

static_assert(driver_with_roles<fake> && reset_sending_driver<fake>);

}  // namespace podpool
