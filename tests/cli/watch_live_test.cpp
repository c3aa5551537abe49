// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "json_keys.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/inherited_descriptors.hpp"
#include "support/thread_signals.hpp"
#include "trio.hpp"

#include <unistd.h>

#include <csignal>
#include <functional>
#include <optional>
#include <set>
#include <sstream>
#include <string>

using podpool::test::finished_command;
using podpool::test::run_long_enough;
using podpool::test::running_command;
using podpool::test::shared_trio;
using podpool::test::trio;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The last whole line, as JSON.
std::optional<boost::json::value> last_object(const std::string& out) {
    const std::size_t end = out.rfind('\n');
    if (end == std::string::npos) return std::nullopt;
    const std::size_t begin = end == 0 ? std::string::npos : out.rfind('\n', end - 1);
    return boost::json::parse(out.substr(begin + 1, end - begin - 1));
}

/// Whether the last line says so.
template <class Condition>
std::function<bool(const std::string&)> last(Condition condition) {
    return [condition](const std::string& out) {
        const auto object = last_object(out);
        return object && condition(*object);
    };
}

std::uint64_t number(const boost::json::value& value) { return value.to_number<std::uint64_t>(); }

}  // namespace

TEST_CASE("watch --json with clients shows load on every server, one object per interval") {
    running_command watching({"watch", "--json", "--clients", "6", "--interval", "100ms", "--sql",
                              "select pg_sleep(0.002)", shared_trio().uri("pool_max_conns=6")});
    watching.wait_for_output(last([](const boost::json::value& frame) {
        if (frame.at("endpoints").as_array().size() != 3) return false;
        for (const auto& one : frame.at("endpoints").as_array()) {
            if (one.at("open") != 2 || !(one.at("queries_per_second").to_number<double>() > 0)) return false;
        }
        return frame.at("open") == 6;
    }));
    watching.send(SIGTERM);
    const auto run = watching.wait();
    CHECK(run.code == 0);
    CHECK(run.err.empty());

    std::istringstream golden(podpool::test::read_text(PODPOOL_SOURCE_DIR "/tests/golden/cli_json_keys.txt"));
    std::set<std::string> wanted;
    for (std::string line; std::getline(golden, line);) {
        if (line.starts_with("watch.")) wanted.insert(line);
    }
    const auto frame = *last_object(run.out);
    CHECK(podpool::test::key_paths("watch", frame) == wanted);
    CHECK(frame.at("max_conns") == 6);
    CHECK(number(frame.at("queries")) > 0);
    CHECK(frame.at("errors") == 0);
    CHECK(frame.at("failed_acquires") == 0);
    CHECK(frame.at("balance").at("max_over_mean") == 1.0);
    CHECK(frame.at("discovery").at("source") == "dns");
    CHECK(frame.at("discovery").at("error").is_null());
    CHECK(frame.at("endpoints").at(0).at("state") == "ready");
    CHECK(frame.at("endpoints").at(0).at("role") == "primary");
    CHECK(number(frame.at("idle")) + number(frame.at("active")) + number(frame.at("draining")) ==
          number(frame.at("open")));
}

TEST_CASE("watch --json tells failed acquires from failed queries") {
    for (const bool async : {false, true}) {
        for (const bool closed : {false, true}) {
            std::vector<std::string> arguments{"watch",     "--json", "--interval", "100ms",
                                               "--clients", "2",      "--sql",      "select 1/0"};
            if (async) arguments.emplace_back("--async");
            arguments.push_back(closed ? "postgresql://app@127.0.0.1:1/x?pool_acquire_timeout=100ms"
                                       : shared_trio().uri());
            running_command watching(arguments);
            watching.wait_for_output(
                last([](const boost::json::value& frame) { return number(frame.at("errors")) > 2; }));
            watching.send(SIGTERM);
            const auto frame = *last_object(watching.wait().out);
            CHECK(frame.at("queries") == 0);
            if (closed) {
                CHECK(frame.at("failed_acquires") == frame.at("errors"));
            } else {
                CHECK(frame.at("failed_acquires") == 0);
            }
        }
    }
}

TEST_CASE("signals reach the main thread of the command only, and nothing of it is inherited") {
    for (const bool async : {false, true}) {
        std::vector<std::string> arguments{"watch",     "--json", "--interval", "100ms",
                                           "--clients", "3",      "--sql",      "select pg_sleep(0.002)"};
        if (async) arguments.emplace_back("--async");
        arguments.push_back(shared_trio().uri("pool_max_conns=3"));
        running_command watching(arguments);
        watching.wait_for_output(last([](const boost::json::value& frame) { return frame.at("open") == 3; }));
        const std::map<pid_t, std::uint64_t> main_thread{{watching.process(), 0}};
        CHECK(podpool::test::further_threads_that_take_signals(watching.process(), main_thread, 1) == "");
        for (const auto& [number, what] : podpool::test::further_inheritable_descriptors(
                 watching.process(), podpool::test::inheritable_descriptors(getpid()))) {
            if (number > STDERR_FILENO) FAIL_CHECK("descriptor " << number << " is inherited: " << what);
        }
        watching.send(SIGINT);
        CHECK(watching.wait().code == 0);
    }
}

TEST_CASE("watch shows a server that goes down and comes back") {
    trio& servers = shared_trio();
    const std::string gone = servers.server(0).address();
    // Renewals are what tries a server again when the others carry everything.
    running_command watching({"watch", "--json", "--clients", "3", "--interval", "100ms", "--async",
                              servers.uri("pool_max_conns=6&pool_min_conns=6&pool_max_conn_lifetime=3s")});
    const auto state = [&](const char* wanted, bool open) {
        return last([&gone, wanted, open](const boost::json::value& frame) {
            for (const auto& one : frame.at("endpoints").as_array()) {
                if (std::string(one.at("address").as_string()) != gone) continue;
                return one.at("state") == boost::json::value(wanted) && (number(one.at("open")) > 0) == open;
            }
            return false;
        });
    };
    watching.wait_for_output(state("ready", true));
    servers.server(0).kill9();
    watching.wait_for_output(state("failing", false));
    servers.server(0).start();
    watching.wait_for_output(state("ready", true));
    watching.send(SIGINT);
    CHECK(watching.wait().code == 0);
}

TEST_CASE("watch prints a table per interval and a summary at the end") {
    const auto run = run_long_enough(
        {"watch", "--clients", "3", "--interval", "200ms", shared_trio().uri("pool_max_conns=3")},
        [](const finished_command& one) { return contains(one.out, shared_trio().server(2).address()); });
    INFO(run.out << run.err);
    CHECK(run.code == 0);
    CHECK(contains(run.out, "connections open"));
    CHECK(contains(run.out, "discovery: dns answered "));
    CHECK(contains(run.out, "\n\n"));
    CHECK_FALSE(contains(run.out, "\x1b"));
    CHECK(contains(run.out, "\nwatched "));
    for (const std::string& address : shared_trio().addresses()) CHECK(contains(run.out, address));
}

TEST_CASE("watch redraws its table in place on a terminal") {
    running_command watching({"watch", "--interval", "50ms", shared_trio().uri()}, {{"TERM", "xterm"}},
                             podpool::test::output_kind::terminal);
    watching.wait_for_output([](const std::string& out) {
        return contains(out, "\x1b[7A") && contains(out, shared_trio().server(2).address());
    });
    watching.send(SIGINT);
    const auto run = watching.wait();
    CHECK(run.code == 0);
    CHECK(contains(run.out, "watched "));
}

TEST_CASE("watch without clients and minimum opens no connection") {
    trio& servers = shared_trio();
    running_command watching({"watch", "--json", "--interval", "100ms", servers.uri("pool_name=watch-idle")});
    watching.wait_for_output(
        last([](const boost::json::value& frame) { return frame.at("endpoints").as_array().size() == 3; }));
    CHECK(last_object(watching.out())->at("open") == 0);
    CHECK(servers.server(0).sessions("watch-idle") == 0);
    watching.send(SIGINT);
    CHECK(watching.wait().code == 0);
}
