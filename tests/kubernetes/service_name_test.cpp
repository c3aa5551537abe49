// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/service_name.hpp"

#include <podpool/error.hpp>

#include "support/catch.hpp"

#include <string>

using Catch::Matchers::ContainsSubstring;
using podpool::detail::is_kubernetes_label;
using podpool::detail::parse_service_name;
using podpool::detail::service_name;

namespace {

/// The message of the refusal of a host that can't be a Service's.
std::string refusal_of(const std::string& host) {
    try {
        parse_service_name(host);
    } catch (const podpool::error& problem) {
        REQUIRE(problem.code() == podpool::errc::invalid_options);
        return problem.what();
    }
    FAIL("`" << host << "` was taken");
    return {};
}

}  // namespace

TEST_CASE("a Service is understood in each of the forms that people write") {
    CHECK(parse_service_name("db-ro") == service_name{"db-ro", {}});
    CHECK(parse_service_name("db-ro.") == service_name{"db-ro", {}});
    for (const char* host : {"db-ro.prod", "db-ro.prod.", "db-ro.prod.svc", "db-ro.prod.svc.cluster.local",
                             "db-ro.prod.svc.cluster.local.", "db-ro.prod.svc.k8s.example.com",
                             "DB-RO.Prod.SVC.Cluster.Local"}) {
        CAPTURE(host);
        CHECK(parse_service_name(host) == service_name{"db-ro", "prod"});
    }
    CHECK(parse_service_name("0db.1prod") == service_name{"0db", "1prod"});
    CHECK(parse_service_name("svc.svc.svc.svc") == service_name{"svc", "svc"});
}

TEST_CASE("a name may have 63 characters in a label and 253 in all") {
    const std::string label(63, 'a');
    CHECK(parse_service_name(label + "." + label) == service_name{label, label});
    CHECK_THAT(refusal_of(label + "a"), ContainsSubstring("a name of 64 characters; Kubernetes allows 63"));
    CHECK_THAT(refusal_of("db." + label + "a"), ContainsSubstring("a namespace of 64 characters"));
    const std::string longest = label + "." + label + ".svc." + label + "." + std::string(57, 'a');
    REQUIRE(longest.size() == 253);
    CHECK(parse_service_name(longest) == service_name{label, label});
    CHECK_THAT(refusal_of(longest + "a"), ContainsSubstring("254 characters"));
}

TEST_CASE("what is no Service is refused by its text, with what was expected") {
    for (const char* host :
         {"", ".", "db..prod", ".db", "db-.prod", "-db", "db_ro", "db ro", "db.prod.cluster.local",
          "10.0.0.1", "fd00::1", "::1", "/run/postgresql", "@abstract", "localhost", "LocalHost.", "db:5432",
          "d\xc3\xbc.prod", "db.example.com"}) {
        CAPTURE(host);
        const std::string text = refusal_of(host);
        CHECK_THAT(text, ContainsSubstring("host `" + std::string(host) + "`"));
        CHECK_THAT(text, ContainsSubstring("expects a Service, such as db-ro, db-ro.prod or "));
    }
}

TEST_CASE("the refusal says what is wrong") {
    CHECK_THAT(refusal_of("10.0.0.1"), ContainsSubstring("is an IP address"));
    CHECK_THAT(refusal_of("fd00::1"), ContainsSubstring("is an IP address"));
    CHECK_THAT(refusal_of("/run/postgresql"), ContainsSubstring("is a Unix socket"));
    CHECK_THAT(refusal_of("localhost"), ContainsSubstring("is this machine"));
    CHECK_THAT(refusal_of(""), ContainsSubstring("is empty"));
    CHECK_THAT(refusal_of("db..prod"), ContainsSubstring("two dots in a row"));
    CHECK_THAT(refusal_of("db_ro.prod"), ContainsSubstring("the name `db_ro`"));
    CHECK_THAT(refusal_of("db.-prod"), ContainsSubstring("the namespace `-prod`"));
    CHECK_THAT(refusal_of("db.example.com"),
               ContainsSubstring("`com` after the namespace, where `svc` belongs"));
    CHECK_THAT(refusal_of("db-0.db.prod.svc.cluster.local"),
               ContainsSubstring("is one pod of the Service `db.prod`"));
    // A terminal doesn't act on it.
    CHECK(refusal_of("d\x1b[2Jb").find('\x1b') == std::string::npos);
}

TEST_CASE("a label of Kubernetes is in lower case") {
    CHECK(is_kubernetes_label("prod"));
    CHECK(is_kubernetes_label("a"));
    CHECK(is_kubernetes_label("9-to-5"));
    CHECK_FALSE(is_kubernetes_label(""));
    CHECK_FALSE(is_kubernetes_label("Prod"));
    CHECK_FALSE(is_kubernetes_label("prod-"));
    CHECK_FALSE(is_kubernetes_label("pr.od"));
    CHECK_FALSE(is_kubernetes_label(std::string(64, 'a')));
}
