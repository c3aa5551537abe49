// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/slot.hpp>
#include <podpool/core/time.hpp>

#include <cassert>
#include <cstddef>
#include <cstdint>
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
/// A list through a vector of reused nodes plus a binary heap of deadlines that knows its positions:
/// every operation is O(1) or O(log n) and allocates only when the queue is longer than ever before.
class waiter_queue {
public:
    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

    /// Adds a waiter at the end, or at the front for one that was served a dead connection.
    waiter_id push(std::uintptr_t cookie, time_point since, time_point deadline, bool front) {
        const std::uint32_t index = allocate();
        node& added = nodes_[index];
        added.cookie = cookie;
        added.since = since;
        added.deadline = deadline;
        link(index, front);
        added.heap_position = heap_.size();
        heap_.push_back(index);
        sift_up(added.heap_position);
        return {index, added.generation};
    }

    /// The cookie of the first waiter; the queue isn't empty.
    [[nodiscard]] std::uintptr_t front_cookie() const { return nodes_[head_].cookie; }
    /// Since when the first waiter waits; the queue isn't empty.
    [[nodiscard]] time_point front_since() const { return nodes_[head_].since; }
    /// The earliest deadline of all, never when nobody waits.
    [[nodiscard]] time_point next_deadline() const noexcept {
        return heap_.empty() ? never : nodes_[heap_.front()].deadline;
    }

    /// Removes the first waiter.
    void pop_front() { remove(head_); }

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
        std::size_t heap_position = 0;
    };

    std::uint32_t allocate() {
        if (free_ == none) {
            nodes_.emplace_back();
            return static_cast<std::uint32_t>(nodes_.size() - 1);
        }
        return std::exchange(free_, nodes_[free_].next);
    }

    void link(std::uint32_t index, bool front) {
        nodes_[index].next = front ? head_ : none;
        nodes_[index].previous = front ? none : tail_;
        if (head_ == none) {
            head_ = tail_ = index;
        } else if (front) {
            nodes_[head_].previous = index;
            head_ = index;
        } else {
            nodes_[tail_].next = index;
            tail_ = index;
        }
    }

    void remove(std::uint32_t index) {
        node& gone = nodes_[index];
        (gone.previous == none ? head_ : nodes_[gone.previous].next) = gone.next;
        (gone.next == none ? tail_ : nodes_[gone.next].previous) = gone.previous;
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
    std::uint32_t head_ = none;
    std::uint32_t tail_ = none;
    std::uint32_t free_ = none;
};

}  // namespace podpool::core
