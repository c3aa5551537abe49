// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace podpool {

/// Which names a name in the host list is looked up as. A dot at its end means in every mode: exactly this
/// name.
enum class dns_search_mode : std::uint8_t {
    automatic,  ///< as `system`, but in a Kubernetes cluster a name is never looked for where it isn't safe
    system,     ///< as the C library does: hosts file, then the search list and `ndots` of resolv.conf
    off,        ///< a name with a dot is asked exactly as it is; one without as with `system`
};

}  // namespace podpool
