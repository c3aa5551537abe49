// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/slice_set.hpp"

#include "kubernetes/slices.hpp"
#include "support/catch.hpp"

using podpool::detail::slice_set;
using slices::drop;
using slices::put;
using slices::slice;

namespace {

/// The names of the slices with their versions, newest first.
std::string order_of(const slice_set& set) {
    std::string text;
    for (const auto* one : set.newest_first()) {
        text += (text.empty() ? "" : " ") + one->name + "@" + one->resource_version;
    }
    return text;
}

}  // namespace

TEST_CASE("a set has each slice as it was told last") {
    slice_set set("db");
    CHECK(set.size() == 0);
    put(set, slice("a", "1", {}));
    put(set, slice("b", "2", {}));
    put(set, slice("a", "3", {}));
    CHECK(order_of(set) == "a@3 b@2");
    drop(set, slice("b", "4", {}));
    CHECK(order_of(set) == "a@3");
    drop(set, slice("unknown", "5", {}));
    drop(set, slice("a", "6", {}));
    CHECK(set.size() == 0);
}

TEST_CASE("the end of a slice doesn't take another one that has its name by now") {
    slice_set set("db");
    auto first = slice("a", "1", {});
    auto second = slice("a", "5", {});
    second.uid = "another";
    put(set, first);
    put(set, second);
    drop(set, first);
    CHECK(order_of(set) == "a@5");
    // A server that says no uid means the one that is there.
    first.uid.clear();
    drop(set, first);
    CHECK(set.size() == 0);
}

TEST_CASE("a list takes the place of all that was known") {
    slice_set set("db");
    put(set, slice("a", "1", {}));
    put(set, slice("b", "2", {}));
    set.replace({slice("b", "2", {}), slice("c", "7", {})});
    CHECK(order_of(set) == "c@7 b@2");
    set.replace({});
    CHECK(set.size() == 0);
}

TEST_CASE("the newest slice is that of the highest version, whatever came first") {
    slice_set set("db");
    set.replace({slice("a", "9", {}), slice("b", "100", {}), slice("c", "99", {})});
    CHECK(order_of(set) == "b@100 c@99 a@9");
    put(set, slice("a", "18446744073709551616", {}));
    put(set, slice("d", "18446744073709551615", {}));
    CHECK(order_of(set) == "a@18446744073709551616 d@18446744073709551615 b@100 c@99");
    // Equal ones, however they are written: what came last.
    set.replace({slice("a", "7", {}), slice("b", "007", {}), slice("c", "7", {})});
    CHECK(order_of(set) == "c@7 b@007 a@7");
}

TEST_CASE("where some version is no number the newest slice is what came last") {
    slice_set set("db");
    set.replace({slice("a", "900", {}), slice("b", "x5", {}), slice("c", "", {})});
    CHECK(order_of(set) == "c@ b@x5 a@900");
    put(set, slice("a", "1", {}));
    CHECK(order_of(set) == "a@1 c@ b@x5");
}

TEST_CASE("slices of another Service are not taken, and one that becomes another's goes") {
    slice_set set("db");
    auto other = slice("a", "1", {});
    other.service = "cache";
    put(set, other);
    set.replace({other});
    CHECK(set.size() == 0);
    put(set, slice("a", "2", {}));
    CHECK(set.size() == 1);
    other.resource_version = "3";
    put(set, other);
    CHECK(set.size() == 0);

    slice_set any;
    put(any, other);
    CHECK(any.size() == 1);
}
