// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/port_choice.hpp"

#include "kubernetes/slices.hpp"
#include "support/catch.hpp"

using podpool::detail::choose_port;
using podpool::detail::endpoint_slice;
using port = endpoint_slice::port_entry;

namespace {

const port postgres{"postgres", "TCP", 5432};
const port metrics{"metrics", "TCP", 9187};
const port gossip{"gossip", "UDP", 7946};
const port any{"any", "TCP", {}};

struct choice {
    std::uint16_t port = 0;
    std::string problem;
};

choice choose(std::vector<port> ports, const std::string& wanted, std::uint16_t written) {
    auto slice = slices::slice("db-x", "1", {slices::pod("a", "10.0.0.1")});
    slice.ports = std::move(ports);
    const auto chosen = choose_port(slice, wanted, written);
    CHECK((chosen.port == 0) != chosen.problem.empty());
    return {chosen.port, chosen.problem};
}

}  // namespace

TEST_CASE("the only port is taken, whatever the Service's is") {
    CHECK(choose({postgres}, "", 5432).port == 5432);
    CHECK(choose({postgres}, "", 6000).port == 5432);
    CHECK(choose({postgres, gossip}, "", 6000).port == 5432);
    CHECK(choose({gossip, postgres}, "", 6000).port == 5432);
    // Two ports of the Service may lead to one of the pod.
    CHECK(choose({postgres, port{"rw", "TCP", 5432}}, "", 6000).port == 5432);
}

TEST_CASE("of several ports the one of the number in the connection string is taken") {
    CHECK(choose({metrics, postgres}, "", 5432).port == 5432);
    CHECK(choose({metrics, postgres}, "", 9187).port == 9187);
    CHECK(choose({metrics, postgres}, "", 6000).problem ==
          "slice db-x has metrics 9187, postgres 5432; expected the TCP port 6000 of the connection string; "
          "name the "
          "port to use with pool_kubernetes_port");
}

TEST_CASE("pool_kubernetes_port names a port or its number") {
    CHECK(choose({metrics, postgres}, "postgres", 9187).port == 5432);
    CHECK(choose({metrics, postgres}, "9187", 5432).port == 9187);
    CHECK(choose({postgres}, "pgbouncer", 5432).problem ==
          R"(slice db-x has postgres 5432; expected the TCP port "pgbouncer" of pool_kubernetes_port)");
    CHECK(choose({postgres}, "6432", 5432).problem ==
          "slice db-x has postgres 5432; expected the TCP port 6432 of pool_kubernetes_port");
    // Not the one of UDP.
    CHECK(choose({postgres, gossip}, "gossip", 5432).problem ==
          R"(slice db-x has postgres 5432, gossip 7946/UDP; expected)"
          R"( the TCP port "gossip" of pool_kubernetes_port)");
    CHECK(choose({port{"", "TCP", 5432}}, "postgres", 5432).problem ==
          R"(slice db-x has 5432; expected the TCP port "postgres" of pool_kubernetes_port)");
    // Larger than any port: it can only be a name.
    CHECK_FALSE(choose({postgres}, "65536", 5432).problem.empty());
    CHECK_FALSE(choose({postgres}, "0", 5432).problem.empty());
}

TEST_CASE("only TCP ports count") {
    CHECK(choose({gossip}, "", 7946).problem ==
          "slice db-x has gossip 7946/UDP; expected the TCP port 7946 of the connection string; name the "
          "port to use "
          "with pool_kubernetes_port");
    CHECK(choose({gossip, metrics, postgres}, "", 5432).port == 5432);
}

TEST_CASE("a slice that says nothing of ports, or allows all, is used with the number that is written") {
    CHECK(choose({}, "", 5432).port == 5432);
    CHECK(choose({}, "6432", 5432).port == 6432);
    CHECK(choose({any}, "", 5432).port == 5432);
    CHECK(choose({any}, "any", 5432).port == 5432);
    CHECK(choose({any}, "6432", 5432).port == 6432);
    CHECK(choose({any, metrics}, "", 5432).port == 5432);
    CHECK(choose({}, "", 0).problem == "slice db-x names no port; expected one in the connection string");
    CHECK(choose({}, "postgres", 5432).problem ==
          R"(slice db-x has no port; expected the TCP port "postgres" of pool_kubernetes_port)");
    CHECK(choose({any, metrics}, "x", 1).problem == R"(slice db-x has any (every number), metrics 9187; )"
                                                    R"(expected the TCP port "x" of pool_kubernetes_port)");
}

TEST_CASE("a long list of ports is cut off") {
    std::vector<port> ports;
    for (std::uint16_t number = 1; number <= 100; ++number) ports.push_back(port{"", "TCP", number});
    CHECK(choose(ports, "x", 1).problem == R"(slice db-x has 1, 2, 3, 4, 5, 6, 7, 8, and 92 more; )"
                                           R"(expected the TCP port "x" of pool_kubernetes_port)");
}
