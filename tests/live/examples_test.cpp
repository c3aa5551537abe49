// SPDX-License-Identifier: BSL-1.0
#include "examples.hpp"
#include "pods.hpp"
#include "program.hpp"
#include "support/catch.hpp"

using namespace podpool;
using namespace podpool::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string path_of(const std::string& name) { return PODPOOL_EXAMPLES_DIR "/podpool_example_" + name; }

}  // namespace

TEST_CASE("the examples do what they say when they are given a connection string") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    const std::string url = servers.url("pool_max_conns=4");
    for (const example& one : examples()) {
        CAPTURE(one.name);

        program run({path_of(one.name), url});

        const int code = run.exit_code();
        INFO(run.output());
        CHECK(code == 0);
        CHECK_THAT(run.output(), ContainsSubstring(one.says));
    }
}

TEST_CASE("the examples say what is wrong, and not the password, when the login is refused") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    login wrong;
    wrong.password = "canary-wrong";
    const std::string url = servers.url("pool_max_conns=4", wrong);
    for (const example& one : examples()) {
        CAPTURE(one.name);

        program run({path_of(one.name), url});

        const int code = run.exit_code();
        INFO(run.output());
        CHECK(code == 1);
        CHECK_THAT(run.output(), ContainsSubstring("every endpoint refuses the connection") &&
                                     !ContainsSubstring("canary"));
    }
}
