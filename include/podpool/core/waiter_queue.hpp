// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/slot.hpp>
#include <podpool/core/time.hpp>
#include <podpool/role.hpp>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace podpool::core {

/// Identifies a waiter for as long as it waits; ids are not reused.
struct waiter_id {
    std::uint32_t index = none;
    std::uint32_t generation = 0;

    friend bool operator==(const waiter_id&, const waiter_id&) = default;
};

/// The callers that wait, first come first served; each leaves when served, cancelled or past its deadline.
///
/// A list per wanted role through a vector of reused nodes, plus a binary heap of deadlines that knows its
/// positions: every operation is O(1) or O(log n) and allocates only when the queue is longer than ever
/// before. What says nothing of a role concerns all lists together.
class waiter_queue {
public:
    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
    /// Those who want this role.
    [[nodiscard]] bool empty(role wanted) const noexcept { return list_of(wanted).size == 0; }
    [[nodiscard]] std::size_t size(role wanted) const noexcept { return list_of(wanted).size; }

    /// Adds a waiter at the end, or at the front for one that was served a dead connection.
    waiter_id push(std::uintptr_t cookie, time_point since, time_point deadline, bool front,
                   role wanted = role::any) {
        const std::uint32_t index = allocate();
        node& added = nodes_[index];
        added.cookie = cookie;
        added.since = since;
        added.deadline = deadline;
        added.wanted = wanted;
        added.turn = front ? --first_turn_ : ++last_turn_;
        link(index, front);
        added.heap_position = heap_.size();
        heap_.push_back(index);
        sift_up(added.heap_position);
        return {index, added.generation};
    }

    /// What the first waiter of all wants, those who want a role in `passed_over` left out; nothing when
    /// nobody is left.
    [[nodiscard]] std::optional<role> first(const std::array<bool, role_count>& passed_over = {}) const {
        std::optional<role> found;
        for (const role wanted : {role::any, role::primary, role::standby}) {
            if (passed_over[static_cast<std::size_t>(wanted)] || empty(wanted)) continue;
            if (!found || comes_before(wanted, *found)) found = wanted;
        }
        return found;
    }
    /// Whether the first waiter of one role comes before the first of another; both wait.
    [[nodiscard]] bool comes_before(role one, role other) const {
        return nodes_[list_of(one).head].turn < nodes_[list_of(other).head].turn;
    }

    /// The cookie of the first waiter; the queue isn't empty.
    [[nodiscard]] std::uintptr_t front_cookie() const { return front_cookie(*first()); }
    [[nodiscard]] std::uintptr_t front_cookie(role wanted) const { return front(wanted).cookie; }
    /// Since when the first waiter waits; the queue isn't empty.
    [[nodiscard]] time_point front_since() const { return front_since(*first()); }
    [[nodiscard]] time_point front_since(role wanted) const { return front(wanted).since; }
    /// The earliest deadline of all, never when nobody waits.
    [[nodiscard]] time_point next_deadline() const noexcept {
        return heap_.empty() ? never : nodes_[heap_.front()].deadline;
    }

    /// Removes the first waiter.
    void pop_front() { pop_front(*first()); }
    void pop_front(role wanted) { remove(list_of(wanted).head); }

    /// Removes the waiter with the earliest deadline and returns its cookie; the queue isn't empty.
    std::uintptr_t pop_earliest_deadline() {
        const std::uint32_t index = heap_.front();
        const std::uintptr_t cookie = nodes_[index].cookie;
        remove(index);
        return cookie;
    }

    /// Removes a waiter that gave up; false if it was served or refused before.
    bool erase(waiter_id id) {
        if (id.index >= nodes_.size() || nodes_[id.index].generation != id.generation) return false;
        remove(id.index);
        return true;
    }

private:
    struct node {
        std::uintptr_t cookie = 0;
        time_point since;
        time_point deadline;
        std::uint32_t next = none;
        std::uint32_t previous = none;
        std::uint32_t generation = 0;
        role wanted = role::any;
        std::int64_t turn = 0;  // lower: came first
        std::size_t heap_position = 0;
    };

    struct list {
        std::uint32_t head = none;
        std::uint32_t tail = none;
        std::size_t size = 0;
    };

    [[nodiscard]] const list& list_of(role wanted) const { return lists_[static_cast<std::size_t>(wanted)]; }
    [[nodiscard]] list& list_of(role wanted) { return lists_[static_cast<std::size_t>(wanted)]; }
    [[nodiscard]] const node& front(role wanted) const { return nodes_[list_of(wanted).head]; }

    std::uint32_t allocate() {
        if (free_ == none) {
            nodes_.emplace_back();
            return static_cast<std::uint32_t>(nodes_.size() - 1);
        }
        return std::exchange(free_, nodes_[free_].next);
    }

    void link(std::uint32_t index, bool front) {
        list& joined = list_of(nodes_[index].wanted);
        ++joined.size;
        nodes_[index].next = front ? joined.head : none;
        nodes_[index].previous = front ? none : joined.tail;
        if (joined.head == none) {
            joined.head = joined.tail = index;
        } else if (front) {
            nodes_[joined.head].previous = index;
            joined.head = index;
        } else {
            nodes_[joined.tail].next = index;
            joined.tail = index;
        }
    }

    void remove(std::uint32_t index) {
        node& gone = nodes_[index];
        list& left = list_of(gone.wanted);
        --left.size;
        (gone.previous == none ? left.head : nodes_[gone.previous].next) = gone.next;
        (gone.next == none ? left.tail : nodes_[gone.next].previous) = gone.previous;
        remove_from_heap(gone.heap_position);
        ++gone.generation;
        gone.next = std::exchange(free_, index);
    }

    void remove_from_heap(std::size_t position) {
        const std::uint32_t moved = heap_.back();
        heap_.pop_back();
        if (position == heap_.size()) return;
        place(position, moved);
        sift_up(position);
        sift_down(nodes_[moved].heap_position);
    }

    void place(std::size_t position, std::uint32_t index) {
        heap_[position] = index;
        nodes_[index].heap_position = position;
    }

    void sift_up(std::size_t position) {
        while (position > 0) {
            const std::size_t parent = (position - 1) / 2;
            if (!earlier(position, parent)) return;
            exchange(position, parent);
            position = parent;
        }
    }

    void sift_down(std::size_t position) {
        for (;;) {
            std::size_t smallest = position;
            for (const std::size_t child : {2 * position + 1, 2 * position + 2}) {
                if (child < heap_.size() && earlier(child, smallest)) smallest = child;
            }
            if (smallest == position) return;
            exchange(position, smallest);
            position = smallest;
        }
    }

    [[nodiscard]] bool earlier(std::size_t left, std::size_t right) const {
        return nodes_[heap_[left]].deadline < nodes_[heap_[right]].deadline;
    }

    void exchange(std::size_t left, std::size_t right) {
        const std::uint32_t moved = heap_[left];
        place(left, heap_[right]);
        place(right, moved);
    }

    std::vector<node> nodes_;
    std::vector<std::uint32_t> heap_;
    std::array<list, role_count> lists_;
    std::int64_t first_turn_ = 0;
    std::int64_t last_turn_ = 0;
    std::uint32_t free_ = none;
};

}  // namespace podpool::core
