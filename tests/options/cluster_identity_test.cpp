// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <podpool/detail/cluster_identity.hpp>

using podpool::detail::cluster_identity;

TEST_CASE("a listed cluster takes its servers and names one that isn't") {
    cluster_identity known("7001,7002,7003");
    CHECK(known.wanted());
    for (const char* one : {"7002", "7001", "7003"}) {
        CHECK(known.mismatch(one, "server_uuid", "10.0.0.1:3306").empty());
    }
    CHECK(known.mismatch("700", "server_uuid", "10.0.0.1:3306") ==
          "another cluster's server: its server_uuid is \"700\"; pool_verify_cluster has 7001 and 2 more");
    cluster_identity one("7001");
    CHECK(one.mismatch("", "server_uuid", "10.0.0.1:3306") ==
          "another cluster's server: its server_uuid is \"\"; pool_verify_cluster has 7001");
}

TEST_CASE("a cluster that is learnt is that of the first server, and says which one that was") {
    cluster_identity learnt("learn");
    CHECK(learnt.wanted());
    CHECK(learnt.mismatch("7001", "system_identifier", "10.0.0.1:5432").empty());
    CHECK(learnt.mismatch("7001", "system_identifier", "10.0.0.2:5432").empty());
    CHECK(learnt.mismatch("7002", "system_identifier", "10.0.0.3:5432") ==
          "another cluster's server: its system_identifier is \"7002\"; that of 10.0.0.1:5432 is 7001");
}

TEST_CASE("no server is asked unless pool_verify_cluster says so") {
    CHECK_FALSE(cluster_identity("").wanted());
}
