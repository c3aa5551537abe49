// SPDX-License-Identifier: BSL-1.0
#include "masking.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

namespace podpool::detail {
namespace {

TEST_CASE("a masked string shows everything but passwords") {
    CHECK(masked("host=a password=canary port=1") == "host=a password=*** port=1");
    CHECK(masked("app:canary@host=a") == "***=***");
    CHECK(masked("host=a password='can ary' port=1") == "host=a password=*** port=1");
    CHECK(masked("password = 'ca\\'nary'  sslpassword=canary dbname=x") ==
          "password=*** sslpassword=*** dbname=x");
    CHECK(masked("postgresql://app:canary@h:1/db?sslmode=x") == "postgresql://app:***@h:1/db?sslmode=x");
    CHECK(masked("postgresql://h/db?password=canary&sslmode=x") ==
          "postgresql://h/db?password=***&sslmode=x");
    CHECK(masked("postgresql://h/db?password=s3&canary") == "postgresql://h/db?password=***&***");
    CHECK(masked("postgresql://h/db?sslpassword=s3&canary=x&sslmode=y") ==
          "postgresql://h/db?sslpassword=***&***=***&sslmode=y");
    CHECK(masked("postgresql://h/db?passwd=s3&canary=x") == "postgresql://h/db?passwd=***&***=***");
    CHECK(masked("postgresql://h/db?sslmode=y&typo") == "postgresql://h/db?sslmode=y&typo");
    CHECK(masked("postgresql://app@h:1/db") == "postgresql://app@h:1/db");
    CHECK(masked("postgresql://[::1]:1/db") == "postgresql://[::1]:1/db");
    CHECK(masked("postgresql://a:1,b:2/db") == "postgresql://a:1,b:2/db");
}

TEST_CASE("a password that breaks its string is masked with all that may belong to it") {
    const std::vector<std::string> strings{
        "postgresql://app:can/ca@na?ry@h/db",
        "postgresql://app:canary",
        "postgresql://app:canary/db",
        "postgresql://app:%zzcanary@h/db",
        "postgres://app:canary@[::1/db",
        "postgresql://h/db?pasword=canary",
        "postgresql://h/db?password=can=canary",
        "password=can canary host=x",
        "password=x canary=y host=x",
        "password='canary host=x",
        "host=x canary",
        "pasword=canary",
        "host=x pasword='canary x' y",
    };
    for (const std::string& text : strings) {
        CAPTURE(text);
        CHECK(masked(text).find("canary") == std::string::npos);
        CHECK(masked(text).find("can/ca") == std::string::npos);
    }
}

TEST_CASE("an @ that a URI shouldn't have is noticed") {
    CHECK(has_stray_at("postgresql://app:p@ss@host/db"));
    CHECK(has_stray_at("postgresql://app:pa/ss@host/db"));
    CHECK(has_stray_at("postgresql://app@host/d@b"));
    CHECK_FALSE(has_stray_at("postgresql://app:pass@host/db?options=a@b"));
    CHECK_FALSE(has_stray_at("postgresql://host/db"));
    CHECK_FALSE(has_stray_at("postgresql://"));
}

}  // namespace
}  // namespace podpool::detail
