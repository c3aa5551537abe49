// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/address_family.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace podpool::detail {

/// Which address families of one name are used (`pool_address_family`), answer by answer.
class family_choice {
public:
    /// IPv4 and IPv6, in this order, wherever something is kept for each.
    static constexpr std::size_t v4 = 0;
    static constexpr std::size_t v6 = 1;

    /// What one answer says of one family.
    struct seen {
        /// How many addresses; nothing if the question failed.
        std::optional<std::size_t> addresses;
        /// Whether this machine has a route to one of them.
        bool routable = true;
    };
    using answer = std::array<seen, 2>;

    explicit family_choice(address_family wanted) : wanted_(wanted) {}

    /// Takes the next answer. The first whole one decides; from then on the family changes after three whole
    /// answers in a row that are for the other one, or at once when it has no route and the other one has.
    void take(const answer& both);

    /// Whether addresses of this family, v4 or v6, are used. Before the first answer: those of IPv4.
    [[nodiscard]] bool uses(std::size_t family) const {
        return wanted_ == address_family::both || family == in_use();
    }
    [[nodiscard]] address_family wanted() const { return wanted_; }

private:
    [[nodiscard]] std::size_t in_use() const;

    address_family wanted_;
    std::size_t chosen_ = v4;
    bool decided_ = false;
    unsigned against_ = 0;  // whole answers in a row that are for the other family
};

/// How many answers in a row must be for the other family.
inline constexpr unsigned answers_until_family_changes = 3;

}  // namespace podpool::detail
