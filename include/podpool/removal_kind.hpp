// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace podpool {

/// What an answer of a discovery source means for an endpoint that it doesn't have any more.
enum class removal_kind : std::uint8_t {
    /// The endpoint may be back in the next answer, as with DNS servers that disagree: it gets nothing new,
    /// and its idle connections are closed when two further answers miss it, too.
    tentative,
    /// The endpoint doesn't belong to the set: idle connections are closed at once, leased ones when they
    /// come back. When no endpoint of the answer can serve, established connections are used for as long as
    /// that holds.
    authoritative,
    /// As `authoritative`, but a former source had told of it: it gets nothing new, serves by the connections
    /// that it has, and loses them at the pace of moves.
    superseding,
};

}  // namespace podpool
