// SPDX-License-Identifier: BSL-1.0
#include "judgement.hpp"

#include <algorithm>

namespace podpool::bench {

namespace {

const figure throughput{"/s", 0};
const figure cpu{"µs", 1};
constexpr auto at_least = aim::bound::at_least;
constexpr auto at_most = aim::bound::at_most;

const contest::entry* entry_of(const contest& held, const std::string& name) {
    const auto found = std::find_if(held.entries.begin(), held.entries.end(),
                                    [&](const contest::entry& each) { return each.name == name; });
    return found == held.entries.end() ? nullptr : &*found;
}

/// A comparison of two contenders.
struct comparison {
    std::string podpool;
    std::string with;
    /// Whether `with` is podpool, too: an older one is compared with itself.
    bool with_itself;
    contest_figure of;
    std::string figure_name;
    figure unit;
    std::optional<aim> goal;
};

/// A line for podpool and, if it took part, one for an older podpool.
void compare(const contest& held, const comparison& wanted, report& into) {
    for (const std::string build : {"", older_mark}) {
        const auto* const measured = entry_of(held, build + wanted.podpool);
        const auto* const compared = entry_of(held, (wanted.with_itself ? build : "") + wanted.with);
        if (measured == nullptr || compared == nullptr || measured == compared) continue;
        row line(held.group, held.workload + ": " + build + wanted.podpool + ", " + wanted.figure_name,
                 wanted.unit, measured->figures[wanted.of]);
        line.against(compared->name, compared->figures[wanted.of]);
        line.goal = wanted.goal;
        into.rows.push_back(std::move(line));
    }
}

}  // namespace

void judge_main(const contest& held, const task& what, report& into) {
    const bool is_select = what.work == workload::select_1;
    const auto if_select = [&](aim wanted) { return is_select ? std::optional(wanted) : std::nullopt; };
    for (const std::string kind : {"podpool, blocking", "podpool, coroutines"}) {
        compare(held,
                {kind, kind + ", rollback", true, per_second, "throughput", throughput, aim{at_least, 0.97}},
                into);
        compare(held, {kind, older_mark + kind, false, per_second, "throughput", throughput, std::nullopt},
                into);
    }
    const std::string full = "podpool, blocking, full";
    const std::string discard_all = "hand-written pool, DISCARD ALL";
    compare(held,
            {full, discard_all, false, per_second, "throughput", throughput, if_select({at_least, 0.97})},
            into);
    compare(held, {full, discard_all, false, cpu_per_query, "client CPU", cpu, if_select({at_most, 1.05})},
            into);
    // With fewer connections than callers those without a pool have fewer callers, too.
    if (what.callers > what.connections) return;
    compare(held,
            {"podpool, blocking", "raw libpq", false, cpu_per_query, "client CPU", cpu,
             if_select({at_most, 1.1})},
            into);
    compare(held,
            {"podpool, coroutines", "Asio + libpq", false, per_second, "throughput", throughput,
             what.one_core ? if_select({at_least, 1.0}) : std::nullopt},
            into);
    compare(held,
            {"podpool, coroutines", "epoll + libpq", false, per_second, "throughput", throughput,
             if_select({at_least, 0.9})},
            into);
}

void judge_own_work(const contest& held, report& into) {
    const std::string seen = "acquire, query and release together, p50";
    compare(held,
            {"podpool, blocking, full", "hand-written pool, DISCARD ALL", false, wait_p50, seen, cpu,
             aim{at_most, 0.75}},
            into);
}

void judge_cycles(const contest& held, report& into) {
    constexpr double nanoseconds_per_second = 1e9;
    const auto nanoseconds = [](const contest::entry& of) {
        series times;
        for (const double rate : of.figures[per_second].values()) times.add(nanoseconds_per_second / rate);
        return times;
    };
    const auto* const podpool = entry_of(held, "podpool, blocking");
    const std::string older = std::string(older_mark) + "podpool, blocking";
    for (const std::string& other : {older, std::string("hand-written pool")}) {
        const auto* const compared = entry_of(held, other);
        if (podpool == nullptr || compared == nullptr) continue;
        row line(held.group, held.workload, {"ns", 1}, nanoseconds(*podpool));
        line.against(other, nanoseconds(*compared));
        if (other == older) line.goal = aim{at_most, 1.0};
        into.rows.push_back(std::move(line));
    }
}

std::optional<aim> instructions_aim(const std::string& entrant_name) {
    constexpr double blocking = 4500;
    constexpr double coroutine = 6000;
    const bool older = entrant_name.rfind(older_mark, 0) == 0;
    const std::string name = older ? entrant_name.substr(std::string(older_mark).size()) : entrant_name;
    if (name == "podpool, blocking") return aim{at_most, blocking, true};
    if (name == "podpool, coroutines") return aim{at_most, coroutine, true};
    return std::nullopt;
}

}  // namespace podpool::bench
