// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/action.hpp>

#include <array>
#include <cstddef>
#include <vector>

namespace podpool::detail {

/// What one dispatch() has to do: actions, and the cell of each that grants one.
///
/// Copied from the machine, which so keeps its buffer, and the first few without an allocation: a hand-over
/// allocates nothing, however many threads dispatch at once.
template <class Cell>
class to_do_list {
public:
    void add(const core::action& what, Cell* granted) {
        if (few_count_ < few_.size()) {
            few_[few_count_++] = {what, granted};
        } else {
            more_.push_back({what, granted});
        }
    }

    [[nodiscard]] bool empty() const noexcept { return few_count_ == 0; }

    /// Calls `perform(action, cell)` for each, in order.
    template <class Perform>
    void for_each(Perform perform) const {
        for (std::size_t index = 0; index < few_count_; ++index) {
            perform(few_[index].what, few_[index].granted);
        }
        for (const item& each : more_) perform(each.what, each.granted);
    }

private:
    struct item {
        core::action what;
        Cell* granted = nullptr;
    };

    std::array<item, 4> few_{};
    std::size_t few_count_ = 0;
    std::vector<item> more_;
};

}  // namespace podpool::detail
