// SPDX-License-Identifier: BSL-1.0
#include "entrant.hpp"

#include <algorithm>

namespace podpool::bench {

namespace {

std::string name_of(workload work) {
    switch (work) {
        case workload::select_1:
            return "select_1";
        case workload::transfer:
            return "transfer";
        case workload::nothing:
            return "nothing";
    }
    return "";
}

std::string name_of(own_work between) {
    switch (between) {
        case own_work::none:
            return "none";
        case own_work::busy:
            return "busy";
        case own_work::asleep:
            return "asleep";
    }
    return "";
}

}  // namespace

std::vector<entrant> all_entrants(const bench_settings& settings) {
    std::vector<entrant> all;
    const auto add_podpool = [&](const std::string& mark, const std::string& program) {
        for (const char* const kind : {"blocking", "coroutines"}) {
            for (const std::string reset : {"", "full", "rollback"}) {
                all.push_back({mark + "podpool, " + kind + (reset.empty() ? "" : ", " + reset), program, kind,
                               reset.empty() ? "" : "&pool_reset=" + reset});
            }
        }
    };
    add_podpool("", PODPOOL_BENCH_CONTENDER);
    if (!settings.older.empty()) add_podpool(older_mark, settings.older);
    const std::string peers = PODPOOL_BENCH_PEERS;
    all.push_back({"hand-written pool", peers, "hand", ""});
    all.push_back({"hand-written pool, DISCARD ALL", peers, "hand_discard", ""});
    all.push_back({"raw libpq", peers, "raw", "", false});
    all.push_back({"Asio + libpq", peers, "asio", "", false});
    all.push_back({"epoll + libpq", peers, "epoll", "", false});
    return all;
}

std::vector<std::string> command_of(const entrant& who, const task& what, const std::string& uri) {
    const std::size_t callers = who.has_pool ? what.callers : std::min(what.callers, what.connections);
    return {who.program,
            "kind=" + who.kind,
            "work=" + name_of(what.work),
            "callers=" + std::to_string(callers),
            "connections=" + std::to_string(what.connections),
            "between=" + name_of(what.between),
            std::string("cores=") + (what.one_core ? "one" : "all"),
            "uri=" + uri + who.keys};
}

}  // namespace podpool::bench
