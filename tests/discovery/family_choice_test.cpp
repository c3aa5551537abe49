// SPDX-License-Identifier: BSL-1.0
#include "discovery/family_choice.hpp"

#include "support/catch.hpp"

#include <optional>

using podpool::address_family;
using podpool::detail::family_choice;

namespace {

constexpr std::optional<std::size_t> failed;

family_choice::answer of(std::optional<std::size_t> v4, std::optional<std::size_t> v6,
                         bool v4_routable = true, bool v6_routable = true) {
    return {family_choice::seen{v4, v4_routable}, family_choice::seen{v6, v6_routable}};
}

/// `4`, `6`, or `46` for both.
std::string used(const family_choice& choice) {
    return std::string(choice.uses(family_choice::v4) ? "4" : "") +
           (choice.uses(family_choice::v6) ? "6" : "");
}

std::string after(family_choice& choice, const family_choice::answer& answer) {
    choice.take(answer);
    return used(choice);
}

std::string first(const family_choice::answer& answer) {
    family_choice choice(address_family::automatic);
    return after(choice, answer);
}

}  // namespace

TEST_CASE("the family with more addresses is used, IPv4 when there are as many of both") {
    CHECK(first(of(2, 2)) == "4");
    CHECK(first(of(3, 1)) == "4");
    CHECK(first(of(1, 2)) == "6");
    CHECK(first(of(2, 0)) == "4");
    CHECK(first(of(0, 2)) == "6");
}

TEST_CASE("a family without a route from here isn't used if the other one has one") {
    CHECK(first(of(2, 2, false, true)) == "6");
    CHECK(first(of(2, 1, false, true)) == "6");
    CHECK(first(of(1, 2, true, false)) == "4");
    // Without any route the count decides.
    CHECK(first(of(1, 2, false, false)) == "6");
    CHECK(first(of(2, 0, false, true)) == "4");
}

TEST_CASE("the family changes after three answers in a row that are for the other one") {
    family_choice choice(address_family::automatic);
    CHECK(after(choice, of(2, 2)) == "4");
    CHECK(after(choice, of(1, 2)) == "4");
    CHECK(after(choice, of(1, 2)) == "4");
    // Not in a row.
    CHECK(after(choice, of(2, 2)) == "4");
    CHECK(after(choice, of(1, 2)) == "4");
    CHECK(after(choice, of(0, 2)) == "4");
    // A question that fails says nothing, and takes nothing back.
    CHECK(after(choice, of(failed, 2)) == "4");
    CHECK(after(choice, of(failed, failed)) == "4");
    CHECK(after(choice, of(0, 0)) == "4");
    CHECK(after(choice, of(1, 3)) == "6");
    // The way back is as long.
    CHECK(after(choice, of(2, 1)) == "6");
    CHECK(after(choice, of(2, 1)) == "6");
    CHECK(after(choice, of(2, 1)) == "4");
}

TEST_CASE("a family that loses its route is left at once, and comes back after three answers") {
    family_choice choice(address_family::automatic);
    CHECK(after(choice, of(2, 2)) == "4");
    CHECK(after(choice, of(2, 2, false, true)) == "6");
    CHECK(after(choice, of(2, 2)) == "6");
    CHECK(after(choice, of(2, 2)) == "6");
    CHECK(after(choice, of(2, 2)) == "4");
    // No route to either: nothing is gained by a change.
    CHECK(after(choice, of(2, 2, false, false)) == "4");
}

TEST_CASE("half an answer is good enough to start with, and the first whole one decides") {
    family_choice choice(address_family::automatic);
    CHECK(after(choice, of(failed, 2)) == "6");
    CHECK(after(choice, of(failed, 2)) == "6");
    CHECK(after(choice, of(2, 2)) == "4");
    CHECK(after(choice, of(2, 3)) == "4");

    family_choice other(address_family::automatic);
    CHECK(after(other, of(1, failed)) == "4");
    CHECK(after(other, of(1, 2)) == "6");
    CHECK(after(other, of(2, failed)) == "6");
}

TEST_CASE("what the user has chosen stays, whatever answers say") {
    for (const auto& answer : {of(2, 2), of(0, 3), of(3, 0), of(2, 2, false, true), of(2, 2, true, false)}) {
        family_choice v4(address_family::ipv4);
        family_choice v6(address_family::ipv6);
        family_choice both(address_family::both);
        for (int round = 0; round < 4; ++round) {
            CHECK(after(v4, answer) == "4");
            CHECK(after(v6, answer) == "6");
            CHECK(after(both, answer) == "46");
        }
    }
}
