// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/is_error_code_enum.hpp>

#include <string>

namespace podpool {

/// What can go wrong in the pool and in podpool's drivers; what a server says has a code of the driver's own.
enum class errc : int {
    acquire_timeout = 1,           ///< no connection became free within the acquire timeout
    pool_closed = 2,               ///< the pool is closing or closed
    too_many_waiters = 3,          ///< pool_max_waiters callers wait already
    connection_rejected = 4,       ///< every endpoint refuses the login, the database or the TLS identity
    invalid_options = 5,           ///< a connection string or an option is wrong
    connection_lost = 6,           ///< the connection broke while it was used
    not_connected = 7,             ///< an empty or released lease was used
    role_excluded = 8,             ///< no server of the wanted role is ever let in, or none tells its role
    overloaded = 9,                ///< refused after waiting, since the queue stands (pool_overload=codel)
    forked = 10,                   ///< the pool was made before fork() and is used in the child
    not_ready = 11,                ///< the minimum of connections didn't open within wait_until_ready()
    transaction_rolled_back = 12,  ///< a COMMIT was answered with ROLLBACK: nothing was committed
    invalid_value = 13,            ///< a cell of a result isn't a value of the wanted type
};

/// The category of podpool::errc, named "podpool".
const boost::system::error_category& pool_category() noexcept;

/// Makes an error code of the pool's category.
inline boost::system::error_code make_error_code(errc value) noexcept {
    return {static_cast<int>(value), pool_category()};
}

namespace detail {

class pool_error_category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "podpool"; }
    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::acquire_timeout:
                return "no connection became free within the acquire timeout";
            case errc::pool_closed:
                return "the pool is closed";
            case errc::too_many_waiters:
                return "too many callers wait for a connection already";
            case errc::connection_rejected:
                return "every endpoint refuses the connection";
            case errc::invalid_options:
                return "invalid options";
            case errc::connection_lost:
                return "the connection was lost";
            case errc::not_connected:
                return "the lease holds no connection";
            case errc::overloaded:
                return "more callers wait for a connection than can be served";
            case errc::forked:
                return "the pool belongs to the process that fork() has copied";
            case errc::not_ready:
                return "the pool didn't open its minimum of connections in time";
            case errc::transaction_rolled_back:
                return "the transaction was rolled back instead of committed";
            case errc::invalid_value:
                return "a value isn't of the wanted type";
            case errc::role_excluded:
                return "no connection to a server of the wanted role can ever be had";
        }
        return "unknown podpool error";
    }
};

}  // namespace detail

inline const boost::system::error_category& pool_category() noexcept {
    static const detail::pool_error_category instance;
    return instance;
}

}  // namespace podpool

/// Lets podpool::errc convert to boost::system::error_code.
template <>
struct boost::system::is_error_code_enum<podpool::errc> : std::true_type {};
