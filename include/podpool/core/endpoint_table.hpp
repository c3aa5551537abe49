// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/close_reason.hpp>
#include <podpool/core/backoff.hpp>
#include <podpool/core/ejection_record.hpp>
#include <podpool/core/slot.hpp>
#include <podpool/endpoint_info.hpp>
#include <podpool/endpoint_set.hpp>
#include <podpool/failure.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace podpool::core {

/// What a server said about its sessions.
struct server_total {
    std::size_t sessions = 0;  ///< of all clients
    std::size_t own = 0;       ///< of them, this pool's
    time_point at;
    bool known = false;
};

/// What the pool knows about one endpoint besides its connections.
struct endpoint_entry {
    endpoint_info info;
    bool known = false;            ///< the entry is in use
    bool removed = false;          ///< out of the set for good; erased when its last connection is gone
    bool vanished = false;         ///< an authority doesn't have it; removed unless nothing else can serve
    bool superseded = false;       ///< only a former source has it; removed when its connections have moved
    bool stands_in = false;        ///< terminating, and used all the same since others can't serve
    bool late = false;             ///< it wasn't in the pool's first answer
    bool expected = false;         ///< an authority has told of it, and nothing was opened yet
    bool proven = false;           ///< the last attempt succeeded
    bool silent = false;           ///< it lets a question wait
    bool role_told = false;        ///< asked for its role, it has answered, if only that it doesn't tell
    bool doubtful = false;         ///< it has ended a session, and hasn't yet shown whether it is still up
    role doubted_for = role::any;  ///< doubtful: for whom the session was opened that it ended
    slot_id asked_by = none;       ///< doubtful: the connection whose opening or check will tell
    unsigned missed_answers = 0;   ///< good answers in a row without it
    unsigned failures = 0;         ///< in a row, of whatever kind
    time_point retry_at;           ///< no attempt before it
    std::array<unsigned, failure_kind_count> rungs{};  ///< of the back-off by kind, in that row
    ejection_record ejection;
    time_point credit_at;        ///< no attempt before it, for the sake of the cap on opens per second
    double relative_weight = 1;  ///< its weight over the mean one
    time_point added_at;
    server_total total;
    time_point state_since;
    failure last_failure;
    time_point last_failure_at;
    std::uint64_t opens = 0;
    std::uint64_t open_failures = 0;
    std::array<std::uint64_t, close_reason_count> closes{};

    /// Takes one open out of a bucket that holds `per_second` of them and fills at that rate.
    void spend(time_point now, std::size_t per_second) {
        const duration price = duration(std::chrono::seconds(1)) / static_cast<duration::rep>(per_second);
        const duration whole = price * static_cast<duration::rep>(per_second - 1);
        credit_at = std::max(credit_at + whole, now) + price - whole;
    }

    /// What the zone rule goes by.
    [[nodiscard]] const std::string& near() const noexcept {
        return info.meant_for.empty() ? info.zone : info.meant_for;
    }
    [[nodiscard]] std::uint32_t weight() const noexcept { return std::max(info.weight, std::uint32_t{1}); }
    /// In the last good answer.
    [[nodiscard]] bool present() const noexcept { return known && !removed && missed_answers == 0; }
    /// In the last good answer, ready and not shutting down.
    [[nodiscard]] bool is_member() const noexcept { return present() && info.ready && !info.terminating; }
    /// In the last good answer and shutting down.
    [[nodiscard]] bool is_leaving() const noexcept { return present() && info.terminating; }
    /// Whether its source lets it have new connections.
    [[nodiscard]] bool takes_connections() const noexcept { return is_member() || stands_in; }
    /// Whether an attempt may start as far as the endpoint itself is concerned.
    [[nodiscard]] bool dialable(time_point now) const noexcept {
        return takes_connections() && now >= retry_at;
    }
};

/// The endpoints by number and by address.
class endpoint_table {
public:
    [[nodiscard]] const endpoint_entry& operator[](endpoint_id id) const { return entries_[id]; }
    endpoint_entry& operator[](endpoint_id id) { return entries_[id]; }
    /// Numbers run from 0 to size() - 1; look at `known`.
    [[nodiscard]] endpoint_id size() const noexcept { return static_cast<endpoint_id>(entries_.size()); }
    /// How many are in the last good answer, ready and not shutting down.
    [[nodiscard]] std::size_t members() const noexcept {
        std::size_t count = 0;
        for (const endpoint_entry& entry : entries_) count += entry.is_member() ? 1 : 0;
        return count;
    }

    /// The number of an address, none when it isn't known.
    [[nodiscard]] endpoint_id find(const endpoint& where) const {
        const auto place = place_of(where);
        return place != by_address_.end() && entries_[*place].info.where == where ? *place : none;
    }

    /// Adds an endpoint whose address is not known yet and returns its number.
    endpoint_id add(const endpoint_info& info, time_point now) {
        while (first_gap_ < entries_.size() && entries_[first_gap_].known) ++first_gap_;
        const endpoint_id id = first_gap_;
        if (id == entries_.size()) entries_.emplace_back();
        entries_[id] = endpoint_entry{};
        entries_[id].info = info;
        entries_[id].known = true;
        entries_[id].added_at = now;
        entries_[id].state_since = now;
        by_address_.insert(place_of(info.where), id);
        return id;
    }

    /// Forgets an endpoint; its number may be used again.
    void erase(endpoint_id id) {
        by_address_.erase(place_of(entries_[id].info.where));
        entries_[id] = endpoint_entry{};
        first_gap_ = std::min(first_gap_, id);
    }

    /// Makes room for this many, so that a large set takes no more memory than it needs.
    void reserve(std::size_t count) {
        entries_.reserve(count);
        by_address_.reserve(count);
    }

    /// Notes a failure: the next attempt waits for a back-off of its kind.
    void failed(endpoint_id id, const failure& why, time_point now, random& rng) {
        endpoint_entry& entry = entries_[id];
        if (entry.failures == 0) entry.state_since = now;
        // What fails during a back-off belongs to the trouble that caused it: twenty leases cut by one
        // restart are one failure. A new kind of trouble starts its own ladder, but never shortens a pause,
        // and each ladder is kept until an attempt succeeds: kinds that alternate would else stay on the
        // first rungs.
        const bool pausing = entry.failures > 0 && now < entry.retry_at;
        if (!pausing || entry.last_failure.kind != why.kind) {
            unsigned& rung = entry.rungs[static_cast<std::size_t>(why.kind)];
            if (!pausing || rung == 0) {
                ++rung;
                ++entry.failures;
            }
            entry.retry_at = std::max(entry.retry_at, now + backoff(why.kind, rung, rng));
        }
        entry.proven = false;
        entry.last_failure = why;
        entry.last_failure_at = now;
    }

    /// Forgets what is known of the server at an address: another one has it from now on.
    void replaced(endpoint_id id, time_point now) {
        endpoint_entry fresh;
        endpoint_entry& entry = entries_[id];
        fresh.info = entry.info;
        fresh.known = true;
        fresh.late = true;
        fresh.credit_at = entry.credit_at;
        fresh.relative_weight = entry.relative_weight;
        fresh.added_at = fresh.state_since = now;
        fresh.opens = entry.opens;
        fresh.open_failures = entry.open_failures;
        fresh.closes = entry.closes;
        entry = fresh;
    }

    /// Notes a successful attempt.
    void succeeded(endpoint_id id, time_point now) {
        endpoint_entry& entry = entries_[id];
        if (entry.failures != 0) entry.state_since = now;
        entry.failures = 0;
        entry.rungs = {};
        entry.proven = true;
        entry.retry_at = time_point{};
        ++entry.opens;
    }

private:
    /// Where the number of this address is, or would be.
    [[nodiscard]] std::vector<endpoint_id>::const_iterator place_of(const endpoint& where) const {
        const auto before = [this](endpoint_id id, const endpoint& sought) {
            return entries_[id].info.where < sought;
        };
        return std::lower_bound(by_address_.begin(), by_address_.end(), where, before);
    }

    std::vector<endpoint_entry> entries_;
    endpoint_id first_gap_ = 0;  // no number below it is free
    // In order of their addresses: numbers alone, since ten thousand simulated pools know a thousand each.
    std::vector<endpoint_id> by_address_;
};

}  // namespace podpool::core
