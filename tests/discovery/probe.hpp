// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/catch.hpp"

#include <podpool/discovery_source.hpp>
#include <podpool/options.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace podpool::test {

/// How long a test waits for what must come; only a failing test ever waits that long.
inline constexpr std::chrono::seconds patience{30};

/// Waits until `condition` holds; false if it never does.
template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

/// An io_context with threads of its own.
class background_context {
public:
    explicit background_context(int threads = 1) {
        for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { context_.run(); });
    }
    background_context(const background_context&) = delete;
    background_context& operator=(const background_context&) = delete;
    ~background_context() { finish(); }

    boost::asio::io_context& context() { return context_; }

    /// Lets the threads end when there is no more work, and waits for it.
    void finish() {
        work_.reset();
        for (auto& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }

private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    std::vector<std::thread> threads_;
};

/// A listener that keeps what it is told. Thread safety: all functions may be called from any thread.
class update_log {
public:
    /// What a source's start() takes; the log must outlive the source.
    std::function<void(discovery_update)> listener() {
        return [this](discovery_update update) {
            const std::lock_guard lock(mutex_);
            updates_.push_back(std::move(update));
            changed_.notify_all();
        };
    }

    /// Takes the oldest update that wasn't taken yet; waits for it. Fails the test if none comes.
    discovery_update next() {
        std::unique_lock lock(mutex_);
        const bool came = changed_.wait_for(lock, patience, [&] { return !updates_.empty(); });
        if (!came) throw std::runtime_error("no update came");
        discovery_update update = std::move(updates_.front());
        updates_.pop_front();
        return update;
    }

    /// The next update, which must be a set.
    endpoint_set next_set() {
        auto update = next();
        if (const auto* problem = std::get_if<discovery_error>(&update)) {
            throw std::runtime_error("expected endpoints, got the error: " + problem->message);
        }
        return std::get<endpoint_set>(std::move(update));
    }

    /// The next update, which must be an error.
    std::string next_error() {
        auto update = next();
        if (const auto* answer = std::get_if<endpoint_set>(&update)) {
            throw std::runtime_error("expected an error, got " + std::to_string(answer->endpoints.size()) +
                                     " endpoints");
        }
        return std::get<discovery_error>(update).message;
    }

    /// Takes updates until one satisfies `wanted`, and returns it.
    template <class Wanted>
    discovery_update skip_until(Wanted wanted) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (std::chrono::steady_clock::now() < deadline) {
            auto update = next();
            if (wanted(update)) return update;
        }
        throw std::runtime_error("the expected update didn't come");
    }

    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return updates_.size();
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<discovery_update> updates_;
};

/// Matches a text with this part; Catch2 v3 has another name for it than v2.
inline auto contains(const std::string& part) {
#if CATCH_VERSION_MAJOR >= 3
    return Catch::Matchers::ContainsSubstring(part);
#else
    return Catch::Matchers::ContainsSubstring(part);
#endif
}

/// The endpoints as text, sorted.
inline std::vector<std::string> texts(const endpoint_set& answer) {
    std::vector<std::string> result;
    for (const auto& one : answer.endpoints) result.push_back(to_string(one.where));
    std::sort(result.begin(), result.end());
    return result;
}

/// Whether an update is a set of exactly these endpoints.
inline bool is_set_of(const discovery_update& update, std::vector<std::string> wanted) {
    std::sort(wanted.begin(), wanted.end());
    const auto* answer = std::get_if<endpoint_set>(&update);
    return answer != nullptr && texts(*answer) == wanted;
}

/// Options that ask one server.
inline options ask(const std::string& server) {
    options settings;
    settings.dns_servers = server;
    return settings;
}

}  // namespace podpool::test
