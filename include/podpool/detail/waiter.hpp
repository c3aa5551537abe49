// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/waiter_queue.hpp>
#include <podpool/detail/one_shot_event.hpp>
#include <podpool/errc.hpp>
#include <podpool/role.hpp>

#include <boost/system/error_code.hpp>

#include <cstdint>
#include <source_location>

namespace podpool::detail {

template <class Driver>
struct connection_cell;

/// A caller in the queue; complete() is called exactly once, on any thread, and may destroy the object.
template <class Driver>
class waiter {
public:
    explicit waiter(bool blocks) noexcept : blocks_(blocks) {}
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    /// `cell` is the connection, or null with the reason in `error`.
    virtual void complete(boost::system::error_code error, connection_cell<Driver>* cell) noexcept = 0;

    /// Whether it is a thread, which may wait for something else once it is served.
    [[nodiscard]] bool blocks() const noexcept { return blocks_; }
    [[nodiscard]] std::uintptr_t cookie() noexcept { return reinterpret_cast<std::uintptr_t>(this); }
    static waiter& from(std::uintptr_t cookie) noexcept {
        return *reinterpret_cast<waiter*>(cookie);  // NOLINT(performance-no-int-to-ptr): the core's cookies
    }

    core::time_point deadline;  ///< kept for a waiter that was given a dead connection
    core::waiter_id id;         ///< its first number in the queue
    role wanted = role::any;
    std::source_location site;  ///< where it was asked for
    bool verified = false;      ///< it was given a connection that had to be looked at

protected:
    ~waiter() = default;

private:
    const bool blocks_;
};

/// A thread in the queue.
template <class Driver>
class blocking_waiter final : public waiter<Driver> {
public:
    blocking_waiter() noexcept : waiter<Driver>(true) {}

    void complete(boost::system::error_code error, connection_cell<Driver>* cell) noexcept override {
        error_ = error;
        cell_ = cell;
        served_.set();
    }

    bool wait_until(core::time_point deadline) noexcept { return served_.wait_until(deadline); }
    void wait() noexcept { served_.wait(); }
    [[nodiscard]] boost::system::error_code error() const noexcept { return error_; }
    [[nodiscard]] connection_cell<Driver>* cell() const noexcept { return cell_; }

private:
    boost::system::error_code error_;
    connection_cell<Driver>* cell_ = nullptr;
    one_shot_event served_;
};

}  // namespace podpool::detail
