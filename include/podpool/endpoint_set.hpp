// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>
#include <podpool/endpoint_info.hpp>
#include <podpool/pod_details.hpp>
#include <podpool/removal_kind.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace podpool {

/// One whole good answer of a discovery source; the pool works out what changed.
struct endpoint_set {
    /// Every known endpoint, each address and port once, in no particular order. Empty only where `removal`
    /// isn't tentative; other sources report an empty answer as a discovery_error.
    std::vector<endpoint_info> endpoints;
    /// What answered: `static`, `dns`, `srv` or `kubernetes`.
    std::string source;
    /// The smallest time to live in the answer, if the source has one.
    std::optional<std::chrono::seconds> ttl;
    /// In how long the source will ask again, if it does.
    std::optional<std::chrono::nanoseconds> next_refresh;
    /// What becomes of endpoints of earlier answers that this one doesn't have.
    removal_kind removal = removal_kind::tentative;
    /// Where this program is, if the source knows: a zone, or what `endpoint_info::meant_for` has. It takes
    /// the place of `pool_zone`; empty: no endpoint comes first.
    std::optional<std::string> own_zone;
    /// What was found and isn't used, since the pool uses the other address family of its name
    /// (`pool_address_family`). For people to look at; the pool doesn't read it.
    std::vector<endpoint> left_out;
    /// The pods behind the endpoints, as far as the source knows them; in no particular order.
    std::vector<pod_details> pods;
    /// What somebody should know who looks at this answer; empty: nothing. The pool doesn't read it.
    std::string remark;
};

}  // namespace podpool
