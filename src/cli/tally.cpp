// SPDX-License-Identifier: BSL-1.0
#include "cli/tally.hpp"

#include <podpool/error.hpp>

#include <algorithm>

namespace podpool::cli {

void tally::count_query(const endpoint& where, time_point wanted, time_point got, time_point answered) {
    ++queries;
    ++queries_at[where];
    acquire_time.record(got - wanted);
    query_time.record(answered - got);
    last_query = answered;
}

void tally::count_error(const std::string& kind, const std::string& example) {
    // A server may put a new number into every message.
    constexpr std::size_t most_kinds = 100;
    ++errors;
    const bool room = errors_by_kind.size() < most_kinds || errors_by_kind.contains(kind);
    failures& counted = errors_by_kind[room ? kind : "other errors"];
    if (counted.count++ == 0) counted.example = example;
}

void tally::count_cut_off() {
    count_error("still running at the end, cut off", "a query still ran at the end and was cut off");
}

void tally::merge(const tally& other) {
    queries += other.queries;
    errors += other.errors;
    failed_acquires += other.failed_acquires;
    acquire_time.merge(other.acquire_time);
    query_time.merge(other.query_time);
    for (const auto& [where, count] : other.queries_at) queries_at[where] += count;
    for (const auto& [kind, more] : other.errors_by_kind) {
        failures& counted = errors_by_kind[kind];
        if (counted.count == 0) counted.example = more.example;
        counted.count += more.count;
    }
    if (other.last_query)
        last_query = last_query ? std::max(*last_query, *other.last_query) : other.last_query;
}

bool is_pool_closed(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& failed) {
        return failed.code() == errc::pool_closed;
    } catch (...) {
        return false;
    }
}

}  // namespace podpool::cli
