// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>
#include <podpool/histogram.hpp>

#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>

namespace podpool::cli {

/// What clients did; a plain value, each client has its own.
struct tally {
    using time_point = std::chrono::steady_clock::time_point;

    /// Errors of one kind.
    struct failures {
        std::uint64_t count = 0;
        std::string example;  ///< the first one in full
    };

    std::uint64_t queries = 0;          ///< that ended well
    std::uint64_t errors = 0;           ///< of acquires and of queries
    std::uint64_t failed_acquires = 0;  ///< of the errors: callers that got no connection
    histogram acquire_time;
    histogram query_time;
    std::map<endpoint, std::uint64_t> queries_at;
    std::map<std::string, failures> errors_by_kind;
    std::optional<time_point> last_query;  ///< when the last one ended

    /// Counts a query that ended well: wanted, got its connection, was answered.
    void count_query(const endpoint& where, time_point wanted, time_point got, time_point answered);
    /// Counts what an acquire or a query threw; `DriverError`: what the driver's queries throw.
    template <class DriverError>
    void count_error(const std::exception_ptr& thrown) {
        try {
            std::rethrow_exception(thrown);
        } catch (const DriverError& failed) {
            const std::string state(failed.sqlstate());
            count_error(state.empty() ? failed.code().message()
                                      : "SQLSTATE " + state + ": " + std::string(failed.message()),
                        failed.what());
        } catch (const boost::system::system_error& failed) {
            count_error(failed.code().message(), failed.what());
        } catch (const std::exception& failed) {
            count_error(failed.what(), failed.what());
        }
    }
    void count_error(const std::string& kind, const std::string& example);
    /// Counts a query that load::stop() cut off.
    void count_cut_off();
    void merge(const tally& other);
};

/// Whether this is what callers get from a pool that was closed: at the end of a run it is no error.
bool is_pool_closed(const std::exception_ptr& thrown);

}  // namespace podpool::cli
