// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/history.hpp"
#include "simulation/model.hpp"
#include "simulation/plan.hpp"

#include <podpool/options.hpp>

#include <cstddef>
#include <cstdint>

namespace podpool::simulation {

/// The pool options of a podpool model: the plan's sizes and lifetime, over them plan::pool_options, over
/// them what the model changes.
/// Throws podpool::error (errc::invalid_options) that names key, value and range.
options pool_settings(const plan& scenario, const model& which);

/// Runs a plan with one model. The same plan, model and seed give the same history.
///
/// `check_every`: how many events of a pool pass between two whole checks of it, see world; 0: none.
/// Throws podpool::error as pool_settings() does. Thread safety: calls are independent of each other.
history play(const plan& scenario, const model& which, std::uint64_t seed, std::size_t check_every = 0);

}  // namespace podpool::simulation
