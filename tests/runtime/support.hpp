// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/fake.hpp>
#include <podpool/pool.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace podpool::test {

using fake_pool = pool<fake>;
using fake_lease = lease<fake>;
using manner = fake_world::manner;

/// How long a test waits for something that must happen; only a failing test waits that long.
inline constexpr std::chrono::seconds patience{20};

/// Waits until `condition()` holds; false if it doesn't within `patience`.
template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

/// Bounds the time that a test repeats something or puts a pool under load.
class stopwatch {
public:
    static constexpr std::chrono::milliseconds load_time{1000};

    [[nodiscard]] bool running() const { return std::chrono::steady_clock::now() < end_; }

private:
    std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + load_time;
};

/// The result of a future that must become ready; throws when it doesn't.
template <class Value>
Value result_of(std::future<Value>& awaited) {
    if (awaited.wait_for(patience) != std::future_status::ready)
        throw std::runtime_error("no result in time");
    return awaited.get();
}

/// Options for tests: sizes small, nothing in the background unless asked for.
inline options small_pool(std::size_t max_conns) {
    options settings;
    settings.name = "orders";
    settings.max_conns = max_conns;
    settings.health_check_period = std::chrono::hours(1);
    return settings;
}

/// Some fake servers behind one name.
class fake_servers {
public:
    /// `count` servers, all of them published.
    explicit fake_servers(std::size_t count) {
        for (std::size_t index = 0; index < count; ++index) {
            where_.emplace_back("10.0.0." + std::to_string(index + 1), std::uint16_t{5432});
        }
        publish();
    }

    [[nodiscard]] const endpoint& at(std::size_t index) const { return where_.at(index); }
    [[nodiscard]] fake_world& world() const { return *world_; }
    [[nodiscard]] std::unique_ptr<fake> driver() const { return std::make_unique<fake>(world_); }
    [[nodiscard]] std::unique_ptr<fake> driver(role_policy roles) const {
        return std::make_unique<fake>(world_, roles);
    }
    [[nodiscard]] std::shared_ptr<fake_world> shared_world() const { return world_; }
    /// How many objects refer to the world: 1 when every pool and connection is gone.
    [[nodiscard]] long owners() const { return world_.use_count(); }

    /// Publishes every server.
    void publish() { world_->publish(where_); }

    /// What a server has seen and how it behaves.
    [[nodiscard]] fake_world::server seen(std::size_t index) const {
        return world_->with(at(index), [](const fake_world::server& server) { return server; });
    }
    void behave(std::size_t index, manner behaviour) const {
        world_->with(at(index), [behaviour](fake_world::server& server) { server.behaviour = behaviour; });
    }
    void refuse(std::size_t index, failure why) const {
        world_->with(at(index), [&why](fake_world::server& server) {
            server.behaviour = manner::refuse;
            server.refusal = std::move(why);
        });
    }
    /// What a check of a server reads: the sessions of other clients too, or nothing.
    void count_sessions(std::size_t index, std::size_t of_others, bool told) const {
        world_->with(at(index), [of_others, told](fake_world::server& server) {
            server.sessions_of_others = of_others;
            server.tells_sessions = told;
        });
    }
    void silence(std::size_t index, bool silent) const {
        world_->with(at(index), [silent](fake_world::server& server) { server.silent = silent; });
    }

private:
    std::shared_ptr<fake_world> world_ = std::make_shared<fake_world>();
    std::vector<endpoint> where_;
};

/// An io_context with threads; the destructor waits until they have run out of work.
class io_threads {
public:
    explicit io_threads(std::size_t count = 1) : work_(context_.get_executor()) {
        for (std::size_t index = 0; index < count; ++index) {
            threads_.emplace_back([this] { context_.run(); });
        }
    }
    io_threads(const io_threads&) = delete;
    io_threads& operator=(const io_threads&) = delete;
    ~io_threads() { join(); }

    [[nodiscard]] boost::asio::io_context::executor_type executor() { return context_.get_executor(); }

    /// Waits until nothing is left to do.
    void join() {
        work_.reset();
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }

private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::vector<std::thread> threads_;
};

/// Acquires on a thread of its own.
inline std::future<fake_lease> acquire_elsewhere(fake_pool& pool) {
    return std::async(std::launch::async, [&pool] { return pool.acquire(); });
}

/// Waits until this many callers wait.
inline bool waiters_become(const fake_pool& pool, std::size_t count) {
    return eventually([&] { return pool.stats().waiters == count; });
}

/// How many connections were closed for a reason.
inline std::uint64_t closes(const stats& figures, close_reason reason) {
    return figures.closes[static_cast<std::size_t>(reason)];
}

/// The code and the text that acquire fails with.
struct acquire_failure {
    boost::system::error_code code;
    std::string text;

    [[nodiscard]] bool says(std::string_view words) const { return text.find(words) != std::string::npos; }
};

/// Acquires, which must fail.
inline acquire_failure failing_acquire(fake_pool& pool, std::chrono::nanoseconds timeout) {
    try {
        (void)pool.acquire(timeout);
    } catch (const error& thrown) {
        return {thrown.code(), thrown.what()};
    }
    return {};
}

/// The first sum that doesn't add up in a snapshot, in words; empty when all do.
inline std::string broken_sum(const stats& figures) {
    if (figures.open != figures.idle + figures.active + figures.draining) return "open";
    if (figures.maintaining > figures.idle) return "maintaining";
    std::uint64_t all_closes = 0;
    for (const std::uint64_t count : figures.closes) all_closes += count;
    if (figures.opens != all_closes + figures.open) return "opens and closes";
    stats sum;
    double share = 0;
    std::uint64_t leases = 0;
    for (const endpoint_stats& each : figures.endpoints) {
        if (each.open != each.idle + each.active + each.draining) return "open of " + to_string(each.where);
        sum.open += each.open;
        sum.opening += each.opening;
        sum.idle += each.idle;
        sum.active += each.active;
        sum.draining += each.draining;
        sum.closing += each.closing;
        leases += each.leases;
        share += each.share;
        std::uint64_t closed = 0;
        for (const std::uint64_t count : each.closes) closed += count;
        if (each.opens != closed + each.open) return "opens and closes of " + to_string(each.where);
    }
    if (sum.open != figures.open || sum.opening != figures.opening || sum.idle != figures.idle ||
        sum.active != figures.active || sum.draining != figures.draining || sum.closing != figures.closing) {
        return "endpoints and total";
    }
    if (leases != figures.acquires) return "leases and acquires";
    if (figures.open > 0 && (share < 0.999 || share > 1.001)) return "shares";
    if (figures.waits > figures.acquires) return "waits";
    return {};
}

}  // namespace podpool::test
