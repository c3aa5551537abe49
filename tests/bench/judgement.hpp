// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "contest.hpp"
#include "entrant.hpp"
#include "report.hpp"

#include <optional>
#include <string>

namespace podpool::bench {

// What was aimed at, as lines of the report: of podpool, and of an older one beside it if it took part.

void judge_main(const contest& held, const task& what, report& into);
void judge_own_work(const contest& held, report& into);
void judge_cycles(const contest& held, report& into);

/// How many instructions in user space a query of this entrant may take; none: no aim.
std::optional<aim> instructions_aim(const std::string& entrant_name);

}  // namespace podpool::bench
