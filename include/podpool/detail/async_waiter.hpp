// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/acquire_completion.hpp>
#include <podpool/detail/pool_state.hpp>
#include <podpool/detail/track_work.hpp>
#include <podpool/lease.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/error.hpp>

#include <memory>
#include <utility>

namespace podpool::detail {

/// A handler in the queue. It lives in memory of the handler's allocator, given back before the handler
/// runs, and counts as outstanding work on the handler's executor and on the pool's.
template <class Driver, class Handler>
class async_waiter final : public waiter<Driver> {
    using executor_type = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
    using allocator_type = typename std::allocator_traits<
        boost::asio::associated_allocator_t<Handler>>::template rebind_alloc<async_waiter>;
    using allocator_traits = std::allocator_traits<allocator_type>;

public:
    static async_waiter& make(std::shared_ptr<pool_state<Driver>> pool, Handler handler) {
        allocator_type allocator(boost::asio::get_associated_allocator(handler));
        async_waiter* const memory = allocator_traits::allocate(allocator, 1);
        return *std::construct_at(memory, std::move(pool), std::move(handler));
    }

    async_waiter(std::shared_ptr<pool_state<Driver>> pool, Handler handler)
        : waiter<Driver>(false),
          pool_work_(track_work(pool->executor())),
          handler_work_(track_work(boost::asio::get_associated_executor(handler, pool->executor()))),
          pool_(std::move(pool)),
          handler_(std::move(handler)) {}

    void complete(boost::system::error_code error, connection_cell<Driver>* cell) noexcept override {
        const auto pool_work = std::move(pool_work_);
        const auto handler_work = std::move(handler_work_);
        const auto pool = std::move(pool_);
        Handler handler = std::move(handler_);
        allocator_type allocator(boost::asio::get_associated_allocator(handler));
        std::destroy_at(this);
        allocator_traits::deallocate(allocator, this, 1);
        lease<Driver> leased = cell != nullptr ? lease_access::make(*pool, *cell) : lease<Driver>{};
        post_completion<Driver>(std::move(handler), pool->executor(), error, std::move(leased));
    }

    /// Lets the handler's cancellation slot end the wait; `withdraw(pool)` says whether it took this waiter
    /// back. The slot is not touched again, so that emitting the signal from another thread can't race with
    /// the completion.
    template <class Withdraw>
    void install_cancellation(Withdraw withdraw) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (!slot.is_connected()) return;
        slot.assign(
            [weak = std::weak_ptr(pool_), withdraw, self = this](boost::asio::cancellation_type type) {
                const auto pool = weak.lock();
                if (type == boost::asio::cancellation_type::none || !pool) return;
                if (withdraw(*pool)) self->complete(boost::asio::error::operation_aborted, nullptr);
            });
    }

private:
    tracked_work<boost::asio::any_io_executor> pool_work_;
    tracked_work<executor_type> handler_work_;
    std::shared_ptr<pool_state<Driver>> pool_;
    Handler handler_;
};

/// Lets a handler wait for a lease. `pool` by value: once the handler is queued it may run on another thread,
/// and end the pool, before this returns.
template <class Driver, class Handler>
void queue_acquire(std::shared_ptr<pool_state<Driver>> pool,  // NOLINT(performance-unnecessary-value-param)
                   role wanted, std::chrono::nanoseconds timeout, std::source_location site,
                   Handler handler) {
    const core::time_point deadline = core::later(clock_now(), timeout);
    auto& queued = async_waiter<Driver, Handler>::make(pool, std::move(handler));
    queued.wanted = wanted;
    queued.site = site;
    const auto [error, found] =
        pool->acquire_or_queue(queued, deadline, core::queue_end::back, [&queued](core::waiter_id id) {
            queued.install_cancellation([id](pool_state<Driver>& of) { return of.cancel(id); });
        });
    // Otherwise it is queued, and may have been completed and destroyed already.
    if (error || found != nullptr) queued.complete(error, found);
}

/// An idle connection, or null; never waits.
template <class Driver>
connection_cell<Driver>* find_idle(pool_state<Driver>& pool, role wanted, std::source_location site) {
    return wanted == role::any ? pool.try_acquire(site) : pool.try_acquire(wanted, site);
}

/// Starts an asynchronous acquire.
template <class Driver, class Handler>
void start_acquire(const std::shared_ptr<pool_state<Driver>>& pool, role wanted,
                   std::chrono::nanoseconds timeout, std::source_location site, Handler handler) {
    if (auto* const found = find_idle(*pool, wanted, site)) {
        return complete_at_once<Driver>(std::move(handler), pool->executor(),
                                        lease_access::make(*pool, *found));
    }
    queue_acquire<Driver>(pool->shared_from_this(), wanted, timeout, site, std::move(handler));
}

}  // namespace podpool::detail
