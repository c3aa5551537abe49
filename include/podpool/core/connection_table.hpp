// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/slot.hpp>
#include <podpool/role.hpp>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace podpool::core {

/// How many connections are in which state.
struct tally {
    std::uint32_t opening = 0;
    std::uint32_t idle = 0;         ///< ready for a caller
    std::uint32_t maintaining = 0;  ///< being reset or checked
    std::uint32_t active = 0;
    std::uint32_t draining = 0;  ///< leased and doomed
    std::uint32_t closing = 0;

    [[nodiscard]] std::uint32_t open() const noexcept { return idle + maintaining + active + draining; }
    [[nodiscard]] std::uint32_t leased() const noexcept { return active + draining; }
    [[nodiscard]] bool unused() const noexcept { return open() + opening + closing == 0; }
    friend bool operator==(const tally&, const tally&) = default;
};

/// One endpoint's connections and what a lease reads and writes about it: one cache line.
struct alignas(64) endpoint_counts : tally {
    slot_id newest = none;  ///< idle connection used last: handed out first
    slot_id oldest = none;
    std::uint32_t listed_at = none;  ///< position in the list of endpoints with idle connections
    bool usable = false;             ///< whether its idle connections may be handed out to anybody
    bool reachable = false;          ///< the same to those who ask for its role
    role is = role::unknown;         ///< as far as is known
    bool half_open = false;          ///< ejected, and the next lease finds out whether it is well
    std::uint64_t leases = 0;        ///< handed out so far
    time_point suspect_since;        ///< connections not seen after it are looked at before use
    float share = 1;                 ///< of the pool, in relation to the others'; 0: none for anybody
    float offset = 0.5F;             ///< rounds a share that isn't whole, to be compared with the others'
};

/// Every connection of the pool and the counts per endpoint; each change of status goes through move(),
/// so that the counts can't drift from the connections.
class connection_table {
public:
    [[nodiscard]] const slot& operator[](slot_id id) const { return slots_[id]; }
    slot& operator[](slot_id id) { return slots_[id]; }
    /// Slot numbers run from 0 to size() - 1, vacant ones included.
    [[nodiscard]] slot_id size() const noexcept { return static_cast<slot_id>(slots_.size()); }

    [[nodiscard]] const endpoint_counts& at(endpoint_id id) const { return counts_[id]; }
    /// Sums over all endpoints.
    [[nodiscard]] const tally& totals() const noexcept { return totals_; }
    /// open + opening.
    [[nodiscard]] std::size_t live() const noexcept { return std::size_t{totals_.open()} + totals_.opening; }
    /// Sockets of any kind.
    [[nodiscard]] std::size_t sockets() const noexcept { return live() + totals_.closing; }
    /// Of live(): on their way out, but still used or under way.
    [[nodiscard]] std::size_t doomed() const noexcept { return doomed_; }
    /// The usable endpoints that have idle connections, in no particular order.
    [[nodiscard]] std::span<const endpoint_id> with_idle() const noexcept { return with_idle_; }

    /// Makes room for this many endpoints, so that a large set takes no more memory than it needs.
    void reserve_endpoints(std::size_t count) { counts_.reserve(count); }

    /// Makes room for endpoint `id`.
    void add_endpoint(endpoint_id id) {
        if (id >= counts_.size()) counts_.resize(id + 1);
        counts_[id] = endpoint_counts{};
    }

    /// Makes an endpoint's connections that were not seen after `now` be looked at before use.
    void suspect(endpoint_id id, time_point now) { counts_[id].suspect_since = now; }

    /// Says what an endpoint's role is.
    void set_role(endpoint_id id, role is) { counts_[id].is = is; }

    /// Says how much of the pool an endpoint should carry.
    void set_share(endpoint_id id, float share, float offset) {
        counts_[id].share = share;
        counts_[id].offset = offset;
    }

    /// Says whether an endpoint's idle connections may be handed out to those who ask for its role.
    void set_reachable(endpoint_id id, bool reachable) { counts_[id].reachable = reachable; }

    /// Says whether the next lease on an ejected endpoint is the one that finds out whether it is well.
    void set_half_open(endpoint_id id, bool half_open) { counts_[id].half_open = half_open; }

    /// Says whether an endpoint's idle connections may be handed out to anybody.
    void set_usable(endpoint_id id, bool usable) {
        counts_[id].usable = usable;
        update_listing(id);
    }

    /// Takes a vacant slot for a connection to `endpoint`, in status opening.
    slot_id allocate(endpoint_id endpoint, time_point now) {
        if (free_.empty()) {
            slots_.emplace_back();
            free_.push_back(size() - 1);
        }
        const slot_id id = free_.back();
        free_.pop_back();
        slot fresh;
        fresh.generation = slots_[id].generation + 1;
        fresh.endpoint = endpoint;
        fresh.since = now;
        slots_[id] = fresh;
        move(id, slot_status::opening);
        return id;
    }

    /// Moves a connection to another status and keeps counts and idle lists right.
    void move(slot_id id, slot_status to) {
        slot& moved = slots_[id];
        assert(can_move(moved.status, to));
        endpoint_counts& counts = counts_[moved.endpoint];
        // A checked connection wasn't used: it goes back behind those that callers used.
        const bool at_the_end = moved.status == slot_status::checking;
        const bool ends = to == slot_status::closing || to == slot_status::vacant;
        if (moved.doomed && ends && moved.status != slot_status::closing) --doomed_;
        leave(id, moved, counts);
        moved.status = to;
        enter(id, moved, counts, at_the_end);
    }

    /// The hot path's move(newest idle one of `where`, leased); returns which one it was.
    slot_id lease_newest(endpoint_id where) {
        endpoint_counts& counts = counts_[where];
        const slot_id id = counts.newest;
        slot& moved = slots_[id];
        moved.status = slot_status::leased;
        counts.newest = moved.older;
        ++counts.leases;
        --counts.idle;
        ++counts.active;
        --totals_.idle;
        ++totals_.active;
        if (counts.newest != none) {
            slots_[counts.newest].newer = none;
        } else {
            counts.oldest = none;
            // It isn't listed when only those who ask for its role are served by it.
            if (counts.listed_at != none) unlist(where);
        }
        return id;
    }

    /// The hot path's move(a leased connection that isn't doomed, idle).
    void give_back(slot_id id) {
        slot& moved = slots_[id];
        assert(moved.status == slot_status::leased && !moved.doomed);
        endpoint_counts& counts = counts_[moved.endpoint];
        moved.status = slot_status::idle;
        --counts.active;
        ++counts.idle;
        --totals_.active;
        ++totals_.idle;
        link_newest(id, counts);
        if (counts.listed_at == none && counts.usable) list(moved.endpoint);
    }

    /// Marks a connection to be closed as soon as nobody uses it; the first reason stays.
    void doom(slot_id id, close_reason reason) {
        slot& marked = slots_[id];
        if (marked.doomed) return;
        marked.doom = reason;
        if (marked.status == slot_status::leased) {
            endpoint_counts& counts = counts_[marked.endpoint];
            --counts.active;
            --totals_.active;
            ++counts.draining;
            ++totals_.draining;
        }
        marked.doomed = true;
        ++doomed_;
    }

private:
    void leave(slot_id id, const slot& moved, endpoint_counts& counts) {
        switch (moved.status) {
            case slot_status::vacant:
                break;
            case slot_status::idle:
                unlink(id, counts);
                add(counts, &tally::idle, -1);
                update_listing(moved.endpoint);
                break;
            default:
                add(counts, category(moved), -1);
                break;
        }
    }

    void enter(slot_id id, const slot& moved, endpoint_counts& counts, bool at_the_end) {
        switch (moved.status) {
            case slot_status::vacant:
                free_.push_back(id);
                break;
            case slot_status::idle:
                at_the_end ? link_oldest(id, counts) : link_newest(id, counts);
                add(counts, &tally::idle, 1);
                update_listing(moved.endpoint);
                break;
            default:
                add(counts, category(moved), 1);
                break;
        }
    }

    static std::uint32_t tally::* category(const slot& counted) {
        switch (counted.status) {
            case slot_status::opening:
                return &tally::opening;
            case slot_status::leased:
                return counted.doomed ? &tally::draining : &tally::active;
            case slot_status::closing:
                return &tally::closing;
            default:
                return &tally::maintaining;
        }
    }

    void add(endpoint_counts& counts, std::uint32_t tally::* which, int change) {
        counts.*which += static_cast<std::uint32_t>(change);
        totals_.*which += static_cast<std::uint32_t>(change);
    }

    void link_newest(slot_id id, endpoint_counts& counts) {
        slots_[id].newer = none;
        slots_[id].older = counts.newest;
        (counts.newest == none ? counts.oldest : slots_[counts.newest].newer) = id;
        counts.newest = id;
    }

    void link_oldest(slot_id id, endpoint_counts& counts) {
        slots_[id].older = none;
        slots_[id].newer = counts.oldest;
        (counts.oldest == none ? counts.newest : slots_[counts.oldest].older) = id;
        counts.oldest = id;
    }

    void unlink(slot_id id, endpoint_counts& counts) {
        const slot& gone = slots_[id];
        (gone.newer == none ? counts.newest : slots_[gone.newer].older) = gone.older;
        (gone.older == none ? counts.oldest : slots_[gone.older].newer) = gone.newer;
    }

    void update_listing(endpoint_id id) {
        const endpoint_counts& counts = counts_[id];
        const bool wanted = counts.usable && counts.newest != none;
        if (wanted && counts.listed_at == none) list(id);
        if (!wanted && counts.listed_at != none) unlist(id);
    }

    void list(endpoint_id id) {
        counts_[id].listed_at = static_cast<std::uint32_t>(with_idle_.size());
        with_idle_.push_back(id);
    }

    void unlist(endpoint_id id) {
        const std::uint32_t position = std::exchange(counts_[id].listed_at, none);
        with_idle_[position] = with_idle_.back();
        counts_[with_idle_[position]].listed_at = position;
        counts_[id].listed_at = none;
        with_idle_.pop_back();
    }

    // What every lease writes comes first, to lie on one cache line with the mutex and the generator.
    tally totals_;
    std::vector<endpoint_id> with_idle_;
    std::vector<slot> slots_;
    std::vector<endpoint_counts> counts_;
    std::vector<slot_id> free_;
    std::size_t doomed_ = 0;
};

}  // namespace podpool::core
