// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/slice_list.hpp"
#include "discovery/kubernetes/watch_event.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace podpool::detail {

/// The slices of one Service as the API server last told. A plain value: what a streaming list sends is
/// gathered in a second set, which takes the place of this one when the list is complete.
class slice_set {
public:
    /// `service`: slices whose label names another one are not taken, should a server send any; empty: all
    /// are.
    explicit slice_set(std::string service = {}) : service_(std::move(service)) {}

    /// Takes a change. The end of a slice whose name belongs to another slice by now changes nothing.
    void apply(const slice_change& change);

    /// Forgets all and takes these instead: all pages of one list.
    void replace(std::vector<endpoint_slice> slices);

    /// Newest first, so that of two slices which have the same endpoint the first one is right.
    [[nodiscard]] std::vector<const endpoint_slice*> newest_first() const;

    [[nodiscard]] std::size_t size() const noexcept { return slices_.size(); }

private:
    struct entry {
        endpoint_slice slice;
        std::uint64_t arrival = 0;
    };

    void take(endpoint_slice slice);

    std::string service_;
    std::map<std::string, entry> slices_;
    std::uint64_t arrivals_ = 0;
};

}  // namespace podpool::detail
