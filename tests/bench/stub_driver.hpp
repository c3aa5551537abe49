// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery/static_source.hpp>
#include <podpool/driver.hpp>
#include <podpool/pool.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace podpool::bench {

/// A driver whose connection is a number: what is left is the price of the pool.
class stub_driver {
public:
    using connection = int;

    static constexpr int endpoints = 3;

    explicit stub_driver(const options&) {}

    [[nodiscard]] std::string label() const { return "stub"; }

    std::unique_ptr<discovery_source> discover(boost::asio::any_io_executor executor) {
        std::vector<endpoint_info> found;
        for (int last = 1; last <= endpoints; ++last) {
            found.emplace_back(endpoint("127.0.0." + std::to_string(last), 1));
        }
        return std::make_unique<static_source>(std::move(executor), std::move(found));
    }

    boost::asio::awaitable<open_result<int>> open(endpoint_info) {
        co_return open_result<int>(std::make_unique<int>(0));
    }
    boost::asio::awaitable<failure> ping(int&) { co_return failure{}; }
    boost::asio::awaitable<failure> reset(int&, reset_mode) { co_return failure{}; }
    bool is_alive(int&) noexcept { return true; }
    return_state inspect(int&, reset_mode) noexcept { return {}; }
};

/// Options of a pool of `size` connections that are all opened at once and never reset.
inline options full_pool_options(std::size_t size) {
    options settings;
    settings.max_conns = size;
    settings.min_conns = size;
    settings.reset = reset_mode::rollback;
    return settings;
}

/// Waits until `size` connections of the pool are idle.
template <class Pool>
void wait_until_full(const Pool& pool, std::size_t size) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (pool.stats().idle != size) {
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error("the pool of " + std::to_string(size) + " isn't full after 30 s");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace podpool::bench
