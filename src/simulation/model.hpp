// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/placement.hpp"

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace podpool::simulation {

/// One way to spread sessions over pods; the models of a comparison run in the same world.
struct model {
    std::string_view name;
    std::string_view meaning;
    bool is_podpool = false;
    // Without podpool:
    placement_kind placed = placement_kind::service_random;
    std::optional<double> jitter_share;  ///< of the lifetime; none: sessions live for ever
    // With podpool: one option that differs, as `key` and `value`; empty: none.
    std::string_view key;
    std::string_view value;
};

/// Every model, in the order in which they are listed.
std::span<const model> all_models();

/// The model of that name, nullptr if there is none.
const model* find_model(std::string_view name);

}  // namespace podpool::simulation
