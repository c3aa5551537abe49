// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/pool_state.hpp>
#include <podpool/driver.hpp>
#include <podpool/endpoint.hpp>
#include <podpool/error.hpp>

#include <utility>

namespace podpool {

namespace detail {
struct lease_access;
}

/// A connection in a caller's hands; its destructor gives the connection back to the pool.
///
/// It may outlive the pool object: the connection is then closed on return. Thread safety: none; a lease
/// may move between threads but is used by one at a time.
template <driver Driver>
class [[nodiscard]] lease {
public:
    using connection = typename Driver::connection;

    /// A lease of nothing.
    lease() = default;
    lease(lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), cell_(std::exchange(other.cell_, nullptr)) {}
    lease& operator=(lease&& other) noexcept {
        if (this != &other) {
            release();
            pool_ = std::exchange(other.pool_, nullptr);
            cell_ = std::exchange(other.cell_, nullptr);
        }
        return *this;
    }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() { release(); }

    /// Whether it holds a connection.
    explicit operator bool() const noexcept { return cell_ != nullptr; }

    /// The connection. Throws podpool::error: errc::not_connected when the lease is empty, errc::forked in a
    /// child that fork() has made since, whose parent goes on using the connection.
    connection& operator*() const { return *connection_or_throw(); }
    connection* operator->() const { return connection_or_throw(); }

    /// The pod that the connection goes to. Throws as above. The reference is valid as long as the lease
    /// holds the connection.
    [[nodiscard]] const podpool::endpoint& endpoint() const {
        (void)connection_or_throw();
        return cell_->where;
    }

    /// Gives the connection back now; the lease is empty afterwards. Does nothing on an empty lease.
    void release() noexcept { give_back(false); }

    /// Gives the connection up: it is closed, never reused. Does nothing on an empty lease.
    void discard() noexcept { give_back(true); }

private:
    friend struct detail::lease_access;

    lease(detail::pool_state<Driver>& pool, detail::connection_cell<Driver>& cell) noexcept
        : pool_(&pool), cell_(&cell) {}

    [[nodiscard]] connection* connection_or_throw() const {
        if (cell_ == nullptr) {
            throw error(errc::not_connected, "podpool: an empty or released lease was used");
        }
        pool_->refuse_child();
        return cell_->connection.get();
    }

    void give_back(bool discard) noexcept {
        if (cell_ != nullptr) pool_->give_back(*std::exchange(cell_, nullptr), discard);
    }

    // Not owning: the state stays alive while leases are out.
    detail::pool_state<Driver>* pool_ = nullptr;
    detail::connection_cell<Driver>* cell_ = nullptr;
};

namespace detail {

/// Makes leases; only the pool may.
struct lease_access {
    template <class Driver>
    static lease<Driver> make(pool_state<Driver>& pool, connection_cell<Driver>& cell) noexcept {
        return lease<Driver>(pool, cell);
    }
};

}  // namespace detail

}  // namespace podpool
