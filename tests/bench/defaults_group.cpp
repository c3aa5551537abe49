// SPDX-License-Identifier: BSL-1.0
#include "contender_process.hpp"
#include "contest.hpp"
#include "contest_server.hpp"
#include "entrant.hpp"
#include "groups.hpp"
#include "judgement.hpp"
#include "other_work.hpp"
#include "traced_run.hpp"

#include <support/child_process.hpp>

#include <libpq-fe.h>

#include <boost/version.hpp>

#include <sys/utsname.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>

namespace podpool::bench {

namespace {

constexpr const char* defaults_group = "defaults";

/// Reads one contender's answer as a contest's figures.
std::vector<double> figures_of(const contender_answer& answer) {
    constexpr double microseconds_per_second = 1e6;
    const double queries = answer.of("queries");
    if (queries <= 0) throw std::runtime_error("a contender had no query answered in its round");
    const double per_query = microseconds_per_second / queries;
    const double user = answer.of("user") * per_query;
    const double system = answer.of("system") * per_query;
    return {queries / answer.of("seconds"),
            answer.of("p50"),
            answer.of("p99"),
            answer.of("p999"),
            user + system,
            user,
            system};
}

/// The contests of one run, on one server.
class contests {
public:
    contests(const bench_settings& settings, report& into)
        : settings_(settings), into_(into), entrants_(all_entrants(settings)), server_(connections_of_all()) {
        if (settings.quick) {
            into.not_run.emplace_back("system calls of defaults: left out by --quick");
            return;
        }
        std::string why;
        counts_calls_ = can_count_system_calls(why);
        if (!counts_calls_) into.not_run.push_back("system calls of defaults: " + why);
    }

    [[nodiscard]] const std::vector<entrant>& entrants() const { return entrants_; }
    [[nodiscard]] contest_server& server() { return server_; }
    contest hold(const task& what, const std::vector<entrant>& who);
    void count_instructions_of_all();

private:
    [[nodiscard]] std::size_t connections_of_all() const {
        constexpr std::size_t most_each = 32;
        constexpr std::size_t reserve = 60;
        return (entrants_.size() + 1) * most_each + reserve;
    }
    measurement measure(contender_process& process, const task& what);
    [[nodiscard]] std::string system_calls_of(const entrant& who, const task& what) const;

    const bench_settings& settings_;
    report& into_;
    std::vector<entrant> entrants_;
    contest_server server_;
    bool counts_calls_ = false;
};

measurement contests::measure(contender_process& process, const task& what) {
    // The kernel counts in ticks of 10 ms, so that the rest of a short round can't be told.
    constexpr std::chrono::milliseconds long_enough{500};
    if (what.work == workload::transfer) server_.tidy();
    const std::chrono::nanoseconds length = settings_.long_round;
    const other_work beside(server_.postmaster());
    process.ask("run " + std::to_string(length.count()));
    const contender_answer answer = process.answer(length);
    const double others = beside.cores(answer.of("user") + answer.of("system"));
    if (answer.of("failed") > 0) throw std::runtime_error(what.name + ": a query failed: " + answer.why);
    return {figures_of(answer), length >= long_enough ? others : 0};
}

std::string contests::system_calls_of(const entrant& who, const task& what) const {
    if (!counts_calls_ || what.work == workload::nothing) return "";
    constexpr std::uint64_t begin_with = 4;
    constexpr std::uint64_t short_work = 2048;
    constexpr std::uint64_t long_work = 512;
    return calls_text(count_system_calls(command_of(who, what, server_.uri()), begin_with * what.callers,
                                         what.work == workload::transfer ? long_work : short_work));
}

contest contests::hold(const task& what, const std::vector<entrant>& who) {
    constexpr std::size_t few_rounds = 5;
    std::cerr << "running: defaults: " << what.name << '\n';
    std::optional<server_on_one_core> pinned;
    if (what.one_core) pinned.emplace(server_);
    outcome result(who.size(), 0);
    {
        std::vector<std::unique_ptr<contender_process>> processes;
        std::vector<contender> contenders;
        for (const entrant& each : who) {
            processes.push_back(std::make_unique<contender_process>(command_of(each, what, server_.uri())));
            contenders.push_back(
                {each.name, [this, &what, one = processes.back().get()] { return measure(*one, what); }});
        }
        result = run_rounds(contenders, settings_.rounds_or(few_rounds));
    }
    into_.note_disturbed(what.name, result);
    // Without libpq as it is: the last one, which is a peer, too.
    contest held{defaults_group, what.name, {}, who.size() - 1};
    for (std::size_t index = 0; index < who.size(); ++index) {
        contest::entry one{who[index].name, {}, system_calls_of(who[index], what)};
        for (std::size_t figure = per_second; figure <= system_per_query; ++figure) {
            one.figures.push_back(result.of(index, figure));
        }
        if (!who[index].has_pool && what.callers > what.connections) {
            one.name += ", " + std::to_string(what.connections) + " callers";
        }
        if (who[index].kind == "raw") held.baseline = index;
        held.entries.push_back(std::move(one));
    }
    return held;
}

void contests::count_instructions_of_all() {
    constexpr std::uint64_t few = 300;
    constexpr std::uint64_t more = 2000;
    std::string why;
    if (!can_count_instructions(why)) {
        into_.not_run.push_back("instructions of defaults: " + why);
        return;
    }
    const task what{"select 1, 1 caller"};
    for (const entrant& each : entrants_) {
        series counted;
        counted.add(count_instructions(command_of(each, what, server_.uri()), few, more));
        row line(defaults_group, "instructions in user space per query: " + each.name, {"", 0}, counted);
        line.goal = instructions_aim(each.name);
        into_.rows.push_back(std::move(line));
    }
}

std::vector<entrant> only(const std::vector<entrant>& all, const std::vector<std::string>& names) {
    std::vector<entrant> chosen;
    for (const entrant& each : all) {
        const bool older = each.name.rfind(older_mark, 0) == 0;
        const std::string name = older ? each.name.substr(std::string(older_mark).size()) : each.name;
        if (std::find(names.begin(), names.end(), name) != names.end()) chosen.push_back(each);
    }
    return chosen;
}

void hold_main_contests(contests& all, const bench_settings& settings, report& into) {
    const std::vector<task> crowds = {{"1 caller, one core", {}, 1, 1, true},
                                      {"8 callers", {}, 8, 8},
                                      {"32 callers", {}, 32, 32},
                                      {"32 callers on 8 connections", {}, 32, 8}};
    for (const workload work : {workload::select_1, workload::transfer}) {
        for (task what : crowds) {
            // These two differ most from each other.
            if (settings.quick && !what.one_core && what.callers == what.connections) continue;
            what.work = work;
            what.name = (work == workload::transfer ? "TPC-B-like transaction, " : "select 1, ") + what.name;
            into.contests.push_back(all.hold(what, all.entrants()));
            judge_main(into.contests.back(), what, into);
        }
    }
}

/// The caller's own work is CPU work where the server has a core of its own meanwhile. Eight callers sleep:
/// they stand for callers that wait for something else, since eight busy ones would leave the server nothing.
void hold_contests_with_own_work(contests& all, const bench_settings& settings, report& into) {
    const std::vector<task> tasks = {
        {"select 1, 1 caller that works for 0.2 ms between two leases", {}, 1, 1, false, own_work::busy},
        {"select 1, 8 callers that sleep for 0.2 ms between two leases", {}, 8, 8, false, own_work::asleep}};
    for (const task& what : tasks) {
        if (settings.quick && what.callers > 1) continue;
        into.contests.push_back(all.hold(
            what, only(all.entrants(), {"podpool, blocking, full", "hand-written pool, DISCARD ALL"})));
        judge_own_work(into.contests.back(), into);
    }
}

void hold_contest_of_cycles(contests& all, report& into) {
    const task what{"acquire + release, 1 thread, 10 connections", workload::nothing, 1, 10, true};
    judge_cycles(all.hold(what, only(all.entrants(), {"podpool, blocking", "hand-written pool"})), into);
}

std::string load_average() {
    const std::string text = test::read_text("/proc/loadavg");
    std::size_t end = 0;
    for (int word = 0; word < 3; ++word) end = text.find(' ', end + 1);
    return text.substr(0, end);
}

std::string versions(contest_server& server) {
    constexpr int major = 10000;
    utsname kernel{};
    uname(&kernel);
    return "PostgreSQL " + server.version() + ", libpq " + std::to_string(PQlibVersion() / major) + "." +
           std::to_string(PQlibVersion() % major) + ", Boost " + BOOST_LIB_VERSION + ", Linux " +
           kernel.release;
}

}  // namespace

void run_defaults_group(const bench_settings& settings, report& into) {
    const std::string load = load_average();
    contests all(settings, into);
    hold_main_contests(all, settings, into);
    hold_contests_with_own_work(all, settings, into);
    hold_contest_of_cycles(all, into);
    if (settings.instructions) all.count_instructions_of_all();
    into.remarks.push_back("defaults: " + versions(all.server()) + "; load average before " + load +
                           ", after, with the contenders' own, " + load_average());
}

}  // namespace podpool::bench
