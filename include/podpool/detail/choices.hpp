// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/address_family.hpp>
#include <podpool/balance_policy.hpp>
#include <podpool/discovery_kind.hpp>
#include <podpool/dns_search_mode.hpp>
#include <podpool/kubernetes_fallback.hpp>
#include <podpool/overload_policy.hpp>
#include <podpool/reset_mode.hpp>

#include <array>
#include <string_view>

namespace podpool::detail {

/// The name of an enumerator in connection strings.
template <class Enum>
struct choice {
    std::string_view name;
    Enum value;
};

inline constexpr std::array discovery_choices{
    choice<discovery_kind>{"auto", discovery_kind::automatic},
    choice<discovery_kind>{"dns", discovery_kind::dns},
    choice<discovery_kind>{"srv", discovery_kind::srv},
    choice<discovery_kind>{"kubernetes", discovery_kind::kubernetes},
    choice<discovery_kind>{"static", discovery_kind::fixed},
};

inline constexpr std::array kubernetes_fallback_choices{
    choice<kubernetes_fallback>{"dns", kubernetes_fallback::dns},
    choice<kubernetes_fallback>{"none", kubernetes_fallback::none},
};

inline constexpr std::array dns_search_choices{
    choice<dns_search_mode>{"auto", dns_search_mode::automatic},
    choice<dns_search_mode>{"system", dns_search_mode::system},
    choice<dns_search_mode>{"off", dns_search_mode::off},
};

inline constexpr std::array address_family_choices{
    choice<address_family>{"auto", address_family::automatic},
    choice<address_family>{"ipv4", address_family::ipv4},
    choice<address_family>{"ipv6", address_family::ipv6},
    choice<address_family>{"both", address_family::both},
};

inline constexpr std::array balance_choices{
    choice<balance_policy>{"least_active", balance_policy::least_active},
    choice<balance_policy>{"p2c", balance_policy::p2c},
    choice<balance_policy>{"round_robin", balance_policy::round_robin},
    choice<balance_policy>{"random", balance_policy::random},
};

inline constexpr std::array overload_choices{
    choice<overload_policy>{"fifo", overload_policy::fifo},
    choice<overload_policy>{"codel", overload_policy::codel},
};

inline constexpr std::array switch_choices{
    choice<bool>{"on", true},
    choice<bool>{"off", false},
};

inline constexpr std::array reset_choices{
    choice<reset_mode>{"auto", reset_mode::automatic},
    choice<reset_mode>{"full", reset_mode::full},
    choice<reset_mode>{"rollback", reset_mode::rollback},
    choice<reset_mode>{"none", reset_mode::none},
};

}  // namespace podpool::detail
