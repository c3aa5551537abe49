// SPDX-License-Identifier: BSL-1.0
#include "discovery/search_rules.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using podpool::dns_search_mode;
using podpool::detail::cluster_domain;
using podpool::detail::is_service_in;
using podpool::detail::plan_search;
using podpool::detail::resolver_config;
using names = std::vector<std::string>;

namespace {

resolver_config config_of(names search, int ndots) {
    resolver_config config;
    config.search = std::move(search);
    config.ndots = ndots;
    return config;
}

/// A pod of the namespace `app`, on a node that has domains of its own.
resolver_config pod(int ndots = 5) {
    return config_of({"app.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example",
                      "eu-west-1.compute.internal"},
                     ndots);
}

names in_cluster(const std::string& name) {
    return {name + ".app.svc.cluster.local", name + ".svc.cluster.local", name + ".cluster.local"};
}

names with_itself(names list, const std::string& name) {
    list.push_back(name);
    return list;
}

struct row {
    std::string name;
    names expected;
};

}  // namespace

TEST_CASE("in a cluster names are looked for inside, and as they stand only where that is safe") {
    const std::vector<row> table = {
        {"db", in_cluster("db")},
        {"db.prod", in_cluster("db.prod")},
        {"db.example", in_cluster("db.example")},
        {"db.prod.svc", in_cluster("db.prod.svc")},
        {"DB.Prod.SVC", in_cluster("DB.Prod.SVC")},
        {"pod-0.db.prod.svc", in_cluster("pod-0.db.prod.svc")},
        {"db.prod.svc.cluster.local", {"db.prod.svc.cluster.local"}},
        {"db.prod.svc.Cluster.Local", {"db.prod.svc.Cluster.Local"}},
        {"pod-0.db.prod.svc.cluster.local", {"pod-0.db.prod.svc.cluster.local"}},
        {"db.corp.example", with_itself(in_cluster("db.corp.example"), "db.corp.example")},
        {"db.prod.mysvc", with_itself(in_cluster("db.prod.mysvc"), "db.prod.mysvc")},
        {"db.notcluster.local", with_itself(in_cluster("db.notcluster.local"), "db.notcluster.local")},
        {"a.b.c.d.e.example", with_itself(in_cluster("a.b.c.d.e.example"), "a.b.c.d.e.example")},
        {"_postgres._tcp.db", in_cluster("_postgres._tcp.db")},
        {"_postgres._tcp.db.prod", in_cluster("_postgres._tcp.db.prod")},
        {"_postgres._tcp.db.prod.svc", in_cluster("_postgres._tcp.db.prod.svc")},
        {"_postgres._tcp.db.prod.svc.cluster.local", {"_postgres._tcp.db.prod.svc.cluster.local"}},
        {"_postgres._tcp.db.corp.example",
         with_itself(in_cluster("_postgres._tcp.db.corp.example"), "_postgres._tcp.db.corp.example")},
    };
    for (const int ndots : {0, 1, 5}) {
        for (const auto& [name, expected] : table) {
            CAPTURE(name, ndots);
            const auto plan = plan_search(name, pod(ndots), dns_search_mode::automatic);
            CHECK(plan.names == expected);
            CHECK(plan.hosts_file);
            CHECK(plan.keeps_inside == (expected.size() == 3));
        }
    }
}

TEST_CASE("a cluster is told by its search list, whatever its domain is") {
    const auto domain_of = [](const names& search) {
        const auto config = config_of(search, 5);
        return std::string(cluster_domain(config));
    };
    CHECK(domain_of({"app.svc.cluster.local", "svc.cluster.local"}) == "cluster.local");
    CHECK(domain_of({"svc.k8s.corp.example"}) == "k8s.corp.example");
    CHECK(domain_of({"corp.example", "app.svc.kube"}) == "kube");
    CHECK(domain_of({"APP.SVC.Kube"}) == "Kube");
    // The cluster's own entries come first.
    CHECK(domain_of({"app.svc.one", "app.svc.two"}) == "one");
    CHECK(domain_of({}).empty());
    CHECK(domain_of({"", "corp.example", "svc", "app.svc", "mysvc.example", "a.b.svc.example"}).empty());

    const auto config = config_of({"app.svc.k8s.corp", "svc.k8s.corp", "k8s.corp", "corp"}, 5);
    CHECK(plan_search("db.prod.svc", config, dns_search_mode::automatic).names ==
          names{"db.prod.svc.app.svc.k8s.corp", "db.prod.svc.svc.k8s.corp", "db.prod.svc.k8s.corp"});
    CHECK(plan_search("db.prod.svc.k8s.corp", config, dns_search_mode::automatic).names ==
          names{"db.prod.svc.k8s.corp"});
    // Another cluster's name is a name as any.
    CHECK(plan_search("db.prod.svc.cluster.local", config, dns_search_mode::automatic).names.back() ==
          "db.prod.svc.cluster.local");
}

TEST_CASE("outside of a cluster, and with system, names are tried in the C library's order") {
    const names search{"one.example", "two.example"};
    const auto order = [&](const std::string& name, int ndots) {
        const auto config = config_of(search, ndots);
        const names found = plan_search(name, config, dns_search_mode::system).names;
        CHECK(plan_search(name, config, dns_search_mode::automatic).names == found);
        return found;
    };
    CHECK(order("db", 0) == names{"db", "db.one.example", "db.two.example"});
    CHECK(order("db", 1) == names{"db.one.example", "db.two.example", "db"});
    CHECK(order("db", 5) == names{"db.one.example", "db.two.example", "db"});
    CHECK(order("db.prod", 0) == names{"db.prod", "db.prod.one.example", "db.prod.two.example"});
    CHECK(order("db.prod", 1) == names{"db.prod", "db.prod.one.example", "db.prod.two.example"});
    CHECK(order("db.prod", 5) == names{"db.prod.one.example", "db.prod.two.example", "db.prod"});
    CHECK(order("a.b.c.d.e.f", 5) ==
          names{"a.b.c.d.e.f", "a.b.c.d.e.f.one.example", "a.b.c.d.e.f.two.example"});

    CHECK(plan_search("db.prod", pod(), dns_search_mode::system).names ==
          names{"db.prod.app.svc.cluster.local", "db.prod.svc.cluster.local", "db.prod.cluster.local",
                "db.prod.corp.example", "db.prod.eu-west-1.compute.internal", "db.prod"});
    CHECK_FALSE(plan_search("db.prod", pod(), dns_search_mode::system).keeps_inside);
}

TEST_CASE("the root in a search list is the name as it stands, and no name is asked twice") {
    CHECK(plan_search("db", config_of({""}, 1), dns_search_mode::automatic).names == names{"db"});
    CHECK(plan_search("db", config_of({"", "a.example"}, 1), dns_search_mode::automatic).names ==
          names{"db", "db.a.example"});
    CHECK(plan_search("db", config_of({"a.example", "A.example"}, 1), dns_search_mode::automatic).names ==
          names{"db.a.example", "db"});
    CHECK(plan_search("db", config_of({}, 1), dns_search_mode::automatic).names == names{"db"});
}

TEST_CASE("a dot at the end means exactly this name, without the hosts file, in every mode") {
    for (const auto mode : {dns_search_mode::automatic, dns_search_mode::system, dns_search_mode::off}) {
        for (const std::string name : {"db", "db.prod", "db.prod.svc", "db.example.com"}) {
            CAPTURE(name);
            const auto plan = plan_search(name + ".", pod(), mode);
            CHECK(plan.names == names{name});
            CHECK_FALSE(plan.hosts_file);
            CHECK_FALSE(plan.keeps_inside);
        }
    }
}

TEST_CASE("with off a name with a dot is asked exactly, and one without along the search list") {
    const auto dotted = plan_search("db.prod", pod(), dns_search_mode::off);
    CHECK(dotted.names == names{"db.prod"});
    CHECK_FALSE(dotted.hosts_file);
    const auto short_name = plan_search("db", config_of({"a.example", "b.example"}, 1), dns_search_mode::off);
    CHECK(short_name.names == names{"db.a.example", "db.b.example", "db"});
    CHECK(short_name.hosts_file);
}

TEST_CASE("what is too long for a domain isn't looked for there") {
    std::string longest;
    for (int i = 0; i < 4; ++i) longest += std::string(59, 'a') + ".";
    longest += "abcd";  // 244 characters
    CHECK(plan_search(longest, config_of({"example", "a.example"}, 1), dns_search_mode::system).names ==
          names{longest, longest + ".example"});
    // In a cluster something is asked all the same, so that there is an error to read.
    CHECK(plan_search(longest.substr(3) + ".svc", pod(), dns_search_mode::automatic).names.size() == 1);
}

TEST_CASE("a Service's own name is told from names of pods, namespaces and other domains") {
    CHECK(is_service_in("cluster.local", "db.prod.svc.cluster.local"));
    CHECK(is_service_in("Cluster.Local", "DB.prod.SVC.cluster.local"));
    for (const char* const other :
         {"db-0.db.prod.svc.cluster.local", "prod.svc.cluster.local", "svc.cluster.local", "cluster.local",
          "", "db.prod.pod.cluster.local", "db.prod.svc.other.local", "10-0-0-1.prod.pod.cluster.local"}) {
        CAPTURE(other);
        CHECK_FALSE(is_service_in("cluster.local", other));
    }
    CHECK_FALSE(is_service_in("", "db.prod.svc."));
}
