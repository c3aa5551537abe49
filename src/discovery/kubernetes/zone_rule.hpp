// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/slice_member.hpp"

#include <podpool/endpoint_set.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace podpool::detail {

/// What a pool's `pool_zone` makes of the zones and hints of its Service.
class zone_rule {
public:
    /// `option`: `pool_zone`. `zone`, `node`: where this program runs, by its environment; empty: not known.
    zone_rule(const std::string& option, std::string zone, std::string node);

    /// Says in `answer`, whose endpoints are these members in their order, where this program is, and for
    /// `pool_zone=service` also whom each endpoint is meant for. With any other option than `auto` and
    /// `service` it leaves all that to the pool.
    void apply(const std::vector<slice_member>& members, endpoint_set& answer);

private:
    enum class source_kind : std::uint8_t { option, environment, hints };

    source_kind source_;
    std::string zone_;  // once it is known it stays: a program doesn't move
    std::string node_;
};

}  // namespace podpool::detail
