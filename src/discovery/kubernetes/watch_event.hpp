// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/api_status.hpp"
#include "discovery/kubernetes/endpoint_slice.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace podpool::detail {

/// A slice that came, changed or went.
struct slice_change {
    enum class change_kind : std::uint8_t { added, modified, deleted };

    change_kind kind = change_kind::added;
    /// As it is now; of one that went, as it was last.
    endpoint_slice slice;

    friend bool operator==(const slice_change&, const slice_change&) = default;
};

/// Nothing has changed up to this version.
struct watch_bookmark {
    std::string resource_version;
    /// Everything that there was at the beginning has been sent.
    bool initial_events_end = false;

    friend bool operator==(const watch_bookmark&, const watch_bookmark&) = default;
};

/// An event of a type that isn't known here.
struct skipped_event {
    std::string remark;

    friend bool operator==(const skipped_event&, const skipped_event&) = default;
};

/// What a watch tells; a status is the last thing that it does.
using watch_event = std::variant<slice_change, watch_bookmark, api_status, skipped_event>;

}  // namespace podpool::detail
