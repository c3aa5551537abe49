// SPDX-License-Identifier: BSL-1.0
#include "role_rules.hpp"
#include "support/catch.hpp"

#include <podpool/postgres.hpp>

#include <string>
#include <vector>

namespace podpool::detail {
namespace {

using enum session_attrs;

const server_state primary_server{false, false};
const server_state read_only_primary{false, true};
const server_state standby_server{true, false};
const server_state silent_server{};

TEST_CASE("target_session_attrs has libpq's six values") {
    for (const session_attrs attrs : {any, read_write, read_only, primary, standby, prefer_standby}) {
        CHECK(parse_session_attrs(to_string(attrs)) == attrs);
    }
    CHECK_FALSE(parse_session_attrs("prefer-primary").has_value());
    CHECK_FALSE(parse_session_attrs("").has_value());
}

TEST_CASE("each value of target_session_attrs takes the servers that libpq takes") {
    struct row {
        session_attrs wanted;
        bool takes_primary;
        bool takes_read_only_primary;
        bool takes_standby;
    };
    const std::vector<row> rows{{any, true, true, true},        {read_write, true, false, false},
                                {read_only, false, true, true}, {primary, true, true, false},
                                {standby, false, false, true},  {prefer_standby, true, true, true}};
    for (const row& expected : rows) {
        CAPTURE(to_string(expected.wanted));
        CHECK(unmet(expected.wanted, primary_server).empty() == expected.takes_primary);
        CHECK(unmet(expected.wanted, read_only_primary).empty() == expected.takes_read_only_primary);
        CHECK(unmet(expected.wanted, standby_server).empty() == expected.takes_standby);
    }
    CHECK(unmet(primary, standby_server) == "the server is a standby and target_session_attrs is primary");
}

TEST_CASE("only what wasn't reported and matters is asked for") {
    CHECK_FALSE(must_ask(any, silent_server));
    CHECK(must_ask(prefer_standby, silent_server));
    CHECK_FALSE(must_ask(prefer_standby, standby_server));
    CHECK(must_ask(primary, silent_server));
    CHECK(must_ask(standby, silent_server));
    CHECK(must_ask(read_write, silent_server));
    CHECK(must_ask(read_only, server_state{true, std::nullopt}));
    CHECK_FALSE(must_ask(read_write, primary_server));
    CHECK_FALSE(must_ask(primary, server_state{true, std::nullopt}));
}

TEST_CASE("what excludes a role for good is told to the pool") {
    const auto roles_of = [](const std::string& attrs) {
        return postgres(options::parse("host=h user=u dbname=d target_session_attrs=" + attrs)).roles();
    };
    struct row {
        std::string attrs;
        bool primary;
        bool standby;
        bool prefer_standby;
    };
    const std::vector<row> rows{{"any", true, true, false},          {"read-write", true, false, false},
                                {"read-only", true, true, false},  // a primary may have been made read-only
                                {"primary", true, false, false},     {"standby", false, true, false},
                                {"prefer-standby", true, true, true}};
    for (const row& expected : rows) {
        CAPTURE(expected.attrs);
        const role_policy roles = roles_of(expected.attrs);
        CHECK(roles.primary == expected.primary);
        CHECK(roles.standby == expected.standby);
        CHECK(roles.prefer_standby == expected.prefer_standby);
    }
}

TEST_CASE("a server that says nothing has an unknown role") {
    CHECK(silent_server.role() == postgres_role::unknown);
    CHECK(primary_server.role() == postgres_role::primary);
    CHECK(standby_server.role() == postgres_role::standby);
    CHECK(podpool::to_string(postgres_role::standby) == "standby");
}

}  // namespace
}  // namespace podpool::detail
