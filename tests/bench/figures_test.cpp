// SPDX-License-Identifier: BSL-1.0
// The arithmetic of the benchmarks; how fast anything is isn't tested.
#include "contender_process.hpp"
#include "contenders/contender.hpp"
#include "contest.hpp"
#include "other_work.hpp"
#include "report.hpp"
#include "series.hpp"
#include "table_text.hpp"
#include "traced_run.hpp"

#include <support/catch.hpp>

#include <sstream>
#include <stdexcept>

using namespace podpool::bench;
using Catch::Matchers::ContainsSubstring;

namespace {

series series_of(const std::vector<double>& values) {
    series made;
    for (const double each : values) made.add(each);
    return made;
}

contest::entry entry_named(const std::string& name, double rate) {
    contest::entry made{name, {}, ""};
    for (std::size_t figure = per_second; figure <= system_per_query; ++figure) {
        made.figures.push_back(series_of({rate, 2 * rate, 4 * rate}));
    }
    return made;
}

}  // namespace

TEST_CASE("a quantile is the smallest value that such a share of all doesn't exceed") {
    std::vector<double> thousand;
    for (int value = 1000; value >= 1; --value) thousand.push_back(value);
    CHECK(quantile(thousand, 0.5) == 500);
    CHECK(quantile(thousand, 0.99) == 990);
    CHECK(quantile(thousand, 0.999) == 999);
    CHECK(quantile(thousand, 1) == 1000);
    std::vector<double> two{7, 3};
    CHECK(quantile(two, 0.999) == 7);
    CHECK(quantile(two, 0) == 3);
    std::vector<double> none;
    CHECK(quantile(none, 0.5) == 0);
}

TEST_CASE("a series has a median and a spread, and a ratio is of rounds of the same turn") {
    const series measured = series_of({10, 40, 20});
    CHECK(measured.median() == 20);
    CHECK(measured.smallest() == 10);
    CHECK(measured.largest() == 40);
    const series ratio = ratios(measured, series_of({10, 10, 40}));
    CHECK(ratio.values() == std::vector<double>{1, 4, 0.5});
    CHECK(ratio.median() == 1);
    CHECK(with_spread(measured, 1) == "20.0 (10.0 to 40.0)");
}

TEST_CASE("a caller's round ends after its queries, and a batch counts as many") {
    caller_round caller(5, own_work::none);
    caller.begin({});
    caller.done();
    CHECK(caller.goes_on());
    caller.done(4);
    CHECK_FALSE(caller.goes_on());
    CHECK(caller.queries() == 5);
    CHECK(caller.microseconds().size() == 2);
}

TEST_CASE("a caller's round without a number of queries ends at the deadline") {
    caller_round caller(0, own_work::none);
    caller.begin(caller_round::clock::time_point::max());
    caller.done();
    CHECK(caller.goes_on());
    caller.begin(caller_round::clock::time_point::min());
    CHECK_FALSE(caller.goes_on());
}

TEST_CASE("a caller's own work is no part of its queries") {
    const auto kind = GENERATE(own_work::busy, own_work::asleep);
    caller_round caller(2, kind);
    const auto before = caller_round::clock::now();
    caller.begin({});
    while (caller.goes_on()) caller.done();
    const std::chrono::duration<double, std::micro> took = caller_round::clock::now() - before;
    // It works for 0.2 ms or longer after each of the two.
    const auto& noted = caller.microseconds();
    REQUIRE(noted.size() == 2);
    CHECK(noted[0] + noted[1] + 2 * 200 <= took.count());
}

TEST_CASE("a contender's round says what all of its callers have done, and why a query failed") {
    contender_settings settings(0, nullptr);
    settings.callers = 2;
    contender_round round(settings, std::chrono::nanoseconds(0), 6);
    round.begin();
    for (caller_round& each : round.callers()) {
        while (each.goes_on()) each.done();
    }
    const contender_answer good = read_answer(round.answer());
    CHECK(good.of("queries") == 6);
    CHECK(good.of("failed") == 0);
    CHECK(good.of("p999") >= good.of("p50"));
    CHECK(good.of("user") + good.of("system") >= 0);
    CHECK(good.why.empty());

    contender_round another(settings, std::chrono::nanoseconds(0), 6);
    another.begin();
    another.callers()[1].failed("it was = late\nand more");
    const contender_answer bad = read_answer(another.answer());
    CHECK(bad.of("failed") == 1);
    CHECK(bad.why == "it was = late");
}

TEST_CASE("an answer that says nothing of a figure is an error, and so is no figure at all") {
    CHECK_THROWS_AS(read_answer("queries=1").of("seconds"), std::runtime_error);
    CHECK_THROWS_AS(read_answer("hello"), std::runtime_error);
}

TEST_CASE("a contender's command line names what it doesn't know") {
    std::string word = "wrok=select_1";
    std::vector<char*> words{word.data(), word.data()};
    CHECK_THROWS_WITH(contender_settings(2, words.data()), ContainsSubstring("wrok"));
    word = "work=transfer";
    words.back() = word.data();
    CHECK(contender_settings(2, words.data()).work == workload::transfer);
}

TEST_CASE("busy is what isn't idle and doesn't wait for a disk") {
    // user nice system idle iowait irq softirq steal guest guest_nice
    CHECK(busy_seconds("cpu  100 20 300 5000 70 1 2 3 40 50", 2) == 213);
    CHECK(busy_seconds("cpu", 100) == 0);
}

TEST_CASE("strace's calls are those before each answer, and one that was interrupted counts once") {
    const auto calls = read_strace_log(
        "10    execve(\"/bin/contender\", [\"contender\", \"kind=raw\"], 0x7ffd /* 9 vars */) = 0\n"
        "10    write(1, \"answer ready\\n\", 13) = 13\n"
        "10    read(0, \"count 10\\n\", 4096) = 9\n"
        "11    recvfrom(4,  <unfinished ...>\n"
        "12    sendto(5, \"Q\\0\\0\\0\\rselect 1(2)\", 14, 0, NULL, 0) = 14\n"
        "11    <... recvfrom resumed>\"T\\0\", 16384, 0, NULL, NULL) = 66\n"
        "11    --- SIGURG {si_signo=SIGURG, si_code=SI_TKILL (-6)} ---\n"
        "12    sendto(5, \"Q\", 14, 0, NULL, 0) = 14\n"
        "12    +++ exited with 0 +++\n"
        "10    write(1, \"answer queries=1\"..., 60) = 60\n");
    REQUIRE(calls.size() == 3);
    CHECK(calls[0] == system_calls{{"execve", 1}});
    CHECK(calls[1] == system_calls{{"read", 1}, {"recvfrom", 1}, {"sendto", 2}});
    CHECK(calls[2].empty());
}

TEST_CASE("calls per query are those of the longer run beyond the shorter one's") {
    const system_calls per_query = calls_per_query({{"recvfrom", 100}, {"mmap", 40}},
                                                   {{"recvfrom", 2100}, {"mmap", 41}, {"poll", 500}}, 1000);
    CHECK(per_query.at("recvfrom") == 2);
    CHECK(per_query.at("poll") == 0.5);
    CHECK(calls_text(per_query) == "2.50: recvfrom 2.00, poll 0.50");
}

TEST_CASE("callgrind's total is its summary") {
    CHECK(read_callgrind_total("version: 1\nevents: Ir\nfn=(1) main\n16 400\nsummary: 123456\n") == 123456);
    CHECK_THROWS_AS(read_callgrind_total("version: 1\n"), std::runtime_error);
}

TEST_CASE("a contest's table has a line for each contender, with ratios to the baseline's") {
    contest held{"group", "work", {entry_named("slow", 10), entry_named("fast", 40)}, 1};
    held.entries[0].system_calls = "3.00: poll 1.00";
    const auto lines = table_of(held);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0][2] == "× fast (min to max)");
    CHECK(lines[1][0] == "slow");
    CHECK(lines[1][1] == "20 (10 to 40)");
    CHECK(lines[1][2] == "0.25 (0.25 to 0.25)");
    CHECK(lines[1].back() == "3.00: poll 1.00");
    CHECK(lines[2].back() == "not measured");

    std::ostringstream markdown;
    print_markdown_table(markdown, {{"a", "b"}, {"1", ""}});
    CHECK(markdown.str() == "| a | b |\n|---|---|\n| 1 | |\n");
}

TEST_CASE("an aim of none at all is missed without a percentage") {
    row failures("group", "failures", {"", 0}, series_of({2}));
    failures.goal = aim{aim::bound::at_most, 0, true};
    CHECK(verdict(failures) == "no");
    failures.measured = series_of({0});
    CHECK(verdict(failures) == "yes");
}
