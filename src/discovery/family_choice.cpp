// SPDX-License-Identifier: BSL-1.0
#include "discovery/family_choice.hpp"

namespace podpool::detail {
namespace {

std::size_t count(const family_choice::seen& family) { return family.addresses.value_or(0); }

/// Whether `one` can't be reached from here and `other` can.
bool lacks_route(const family_choice::seen& one, const family_choice::seen& other) {
    return !one.routable && count(other) > 0 && other.routable;
}

/// The family that an answer is for.
std::size_t better_of(const family_choice::answer& both) {
    constexpr auto v4 = family_choice::v4;
    constexpr auto v6 = family_choice::v6;
    const std::size_t larger = count(both[v6]) > count(both[v4]) ? v6 : v4;
    return lacks_route(both[larger], both[1 - larger]) ? 1 - larger : larger;
}

}  // namespace

std::size_t family_choice::in_use() const {
    if (wanted_ == address_family::ipv4) return v4;
    if (wanted_ == address_family::ipv6) return v6;
    return chosen_;
}

void family_choice::take(const answer& both) {
    if (count(both[v4]) + count(both[v6]) == 0) return;
    const bool whole = both[v4].addresses && both[v6].addresses;
    const std::size_t better = better_of(both);
    if (better == chosen_) {
        decided_ = decided_ || whole;
        if (whole) against_ = 0;
        return;
    }
    if (whole) ++against_;
    if (decided_ && against_ < answers_until_family_changes && !lacks_route(both[chosen_], both[better])) {
        return;
    }
    chosen_ = better;
    decided_ = whole;
    against_ = 0;
}

}  // namespace podpool::detail
