// SPDX-License-Identifier: BSL-1.0
#include <podpool/core/slot.hpp>

#include "support/catch.hpp"

#include <array>
#include <set>
#include <utility>

using namespace podpool::core;

TEST_CASE("the legal moves between a connection's statuses are exactly these") {
    using enum slot_status;
    const std::array all{vacant, opening, idle, leased, resetting, checking, closing};
    const std::set<std::pair<slot_status, slot_status>> legal{
        {vacant, opening},    {opening, idle},   {opening, vacant},   {opening, closing},
        {idle, leased},       {idle, checking},  {idle, closing},     {leased, idle},
        {leased, resetting},  {leased, closing}, {idle, resetting},   {resetting, idle},
        {resetting, closing}, {checking, idle},  {checking, closing}, {closing, vacant},
    };
    for (const slot_status from : all) {
        for (const slot_status to : all) {
            INFO(static_cast<int>(from) << " to " << static_cast<int>(to));
            CHECK(can_move(from, to) == legal.contains({from, to}));
        }
    }
}
