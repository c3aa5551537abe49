// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/slice_set.hpp"

#include <algorithm>
#include <compare>
#include <string_view>

namespace podpool::detail {
namespace {

bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// Compares two numbers of any length by their digits.
std::strong_ordering compare_numbers(std::string_view left, std::string_view right) {
    const auto without_zeros = [](std::string_view number) {
        return number.substr(std::min(number.find_first_not_of('0'), number.size()));
    };
    left = without_zeros(left);
    right = without_zeros(right);
    return left.size() != right.size() ? left.size() <=> right.size() : left <=> right;
}

/// Whether two slices of one name can't be told apart by their uids.
bool may_be_same(const endpoint_slice& one, const endpoint_slice& other) {
    return one.uid == other.uid || one.uid.empty() || other.uid.empty();
}

}  // namespace

void slice_set::take(endpoint_slice slice) {
    if (!service_.empty() && slice.service != service_) {
        // Its label was changed: it has left this Service.
        slices_.erase(slice.name);
        return;
    }
    entry& place = slices_[slice.name];
    place.slice = std::move(slice);
    place.arrival = ++arrivals_;
}

void slice_set::apply(const slice_change& change) {
    if (change.kind != slice_change::change_kind::deleted) {
        take(change.slice);
        return;
    }
    const auto known = slices_.find(change.slice.name);
    if (known != slices_.end() && may_be_same(known->second.slice, change.slice)) slices_.erase(known);
}

void slice_set::replace(std::vector<endpoint_slice> slices) {
    slices_.clear();
    for (endpoint_slice& slice : slices) take(std::move(slice));
}

std::vector<const endpoint_slice*> slice_set::newest_first() const {
    // A slice's version is that of its last change. Kubernetes compares versions as numbers (KEP-5504); where
    // they are none, the order of arrival is the best guess, and it is the right one but for a list.
    const bool numbers = std::all_of(slices_.begin(), slices_.end(), [](const auto& known) {
        return is_number(known.second.slice.resource_version);
    });
    std::vector<const entry*> order;
    order.reserve(slices_.size());
    for (const auto& known : slices_) order.push_back(&known.second);
    std::sort(order.begin(), order.end(), [numbers](const entry* left, const entry* right) {
        const auto by_version =
            numbers ? compare_numbers(left->slice.resource_version, right->slice.resource_version)
                    : std::strong_ordering::equal;
        return by_version == 0 ? left->arrival > right->arrival : by_version > 0;
    });
    std::vector<const endpoint_slice*> result;
    result.reserve(order.size());
    for (const entry* known : order) result.push_back(&known->slice);
    return result;
}

}  // namespace podpool::detail
