// SPDX-License-Identifier: BSL-1.0
#include "pods.hpp"
#include "program.hpp"
#include "support/catch.hpp"
#include "well_formed.hpp"

#include <csignal>
#include <filesystem>

using namespace podpool::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string demo = PODPOOL_DEMO;

void check_nothing_is_left(const program& ended) {
    CHECK(eventually([&] { return ended.leftovers().empty(); }));
    CHECK(eventually([&] { return ended.leftover_files().empty(); }));
}

}  // namespace

TEST_CASE("what isn't well-formed XML is told from what is") {
    CHECK(xml_problem("<a b=\"1\"><c/>x &amp; y</a>\n").empty());
    CHECK_FALSE(xml_problem("<a><c></a></c>").empty());
    CHECK_FALSE(xml_problem("<a>").empty());
    CHECK_FALSE(xml_problem("<a/><b/>").empty());
    CHECK_FALSE(xml_problem("<a b=1/>").empty());
    CHECK_FALSE(xml_problem("<a>1 & 2</a>").empty());
    CHECK_FALSE(xml_problem("").empty());
}

TEST_CASE("the demo's story holds, its picture shows every pod, and it leaves nothing behind") {
    if (!live_tests_can_run()) return;
    const std::string picture = make_temporary_directory("podpool-picture-") + "/demo.svg";
    program run({demo, "--seconds-per-phase", "2", "--lifetime", "3", "--output", picture});

    const int code = run.exit_code();

    INFO(run.output());
    CHECK(code == 0);
    CHECK_THAT(run.output(), ContainsSubstring("Failed acquires: 0") && ContainsSubstring("4 pod-1 back"));
    const std::string drawn = read_text(picture);
    CHECK(xml_problem(drawn) == "");
    for (const char* words :
         {"<svg ", "pod-1", "pod-2", "pod-3", "pod-4", "pod-5", "scaled to five", "pod-1 killed"}) {
        CHECK_THAT(drawn, ContainsSubstring(words));
    }
    check_nothing_is_left(run);
    std::filesystem::remove_all(std::filesystem::path(picture).parent_path());
}

TEST_CASE("the demo cleans up when it is interrupted in the middle, and even when it is killed") {
    if (!live_tests_can_run()) return;
    const int signal = GENERATE(SIGINT, SIGTERM, SIGKILL);
    CAPTURE(signal);
    program run({demo, "--output", "/dev/null"});
    REQUIRE(eventually([&] { return run.output().find("queries/s") != std::string::npos; }));
    REQUIRE(!run.leftovers().empty());

    run.send(signal);

    CHECK(run.exit_code() == (signal == SIGKILL ? -1 : 128 + signal));
    check_nothing_is_left(run);
}

TEST_CASE("the demo refuses what it doesn't understand") {
    program run({demo, "--lifetime", "soon"});
    CHECK(run.exit_code() == 2);
    CHECK_THAT(run.output(), ContainsSubstring("--lifetime"));
}
