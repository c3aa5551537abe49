// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace podpool::soak {

namespace {

void row(const std::string& what, const std::string& value) {
    std::printf("  %-58s %s\n", what.c_str(), value.c_str());
}

void row(const std::string& what, std::uint64_t value) {
    char text[32];
    std::snprintf(text, sizeof text, "%9llu", static_cast<unsigned long long>(value));
    row(what, std::string(text));
}

template <class Count>
void rows(const char* title, const std::map<std::string, Count>& counts) {
    const Count all = std::accumulate(counts.begin(), counts.end(), Count{},
                                      [](Count sum, const auto& one) { return sum + one.second; });
    std::printf("\n%-60s %9llu\n", title, static_cast<unsigned long long>(all));
    for (const auto& [what, count] : counts) row(what, count);
}

double seconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double>(time).count();
}

/// The faults behind an outage: those that began during it, else the last one before; the first by name.
std::string cause_of(const workload::outage& outage, const chaos& faults) {
    // A fault is noted a moment before it does anything.
    constexpr std::chrono::milliseconds before{200};
    const chaos::event* cause = nullptr;
    std::size_t inside = 0;
    for (const chaos::event& one : faults.events()) {
        if (one.at > outage.from + outage.length) break;
        if (one.at >= outage.from - before) ++inside;
        if (inside <= 1) cause = &one;
    }
    if (cause == nullptr) return "before any fault";
    std::string text = clock_text(cause->at - faults.began()) + " " + cause->what;
    if (inside > 1) text += ", and " + std::to_string(inside - 1) + " more meanwhile";
    return text;
}

void outage_row(const char* what, const workload::outage& outage, const chaos& faults) {
    char length[32];
    std::snprintf(length, sizeof length, "%7.1f s", seconds(outage.length));
    row(what, std::string(length) + ", from " + clock_text(outage.from - faults.began()) + " (" +
                  cause_of(outage, faults) + ")");
}

std::string before_and_after(std::size_t before, std::size_t after) {
    return std::to_string(before) + " before, " + std::to_string(after) + " after";
}

void memory_row(const findings& found, const workload& load) {
    std::size_t remembered = 0;
    for (std::size_t writer = 0; writer < workload::writers; ++writer)
        remembered += load.outcomes_of(writer).capacity();
    const auto mb = [](std::size_t bytes) { return static_cast<double>(bytes) / 1048576; };
    char text[160];
    std::snprintf(text, sizeof text,
                  "%.1f MB at %.0f s, %.1f MB at %.0f s: %+.1f MB (ids take %.1f MB of both)",
                  mb(found.warm.resident_bytes), seconds(found.warm_at), mb(found.at_end.resident_bytes),
                  seconds(found.injected + found.calm),
                  mb(found.at_end.resident_bytes) - mb(found.warm.resident_bytes), mb(remembered));
    row("memory", std::string(text));
}

}  // namespace

bool report(const findings& found, const workload& load, const chaos& faults,
            const test::packet_filter& packets) {
    std::printf("\nseed %llu, faults for %.0f s, then none for %.0f s\n",
                static_cast<unsigned long long>(found.seed), seconds(found.injected), seconds(found.calm));
    rows("FAULTS", faults.counts());
    if (!packets.available()) row("packets vanish", "left out: " + packets.why_not());
    rows("READS", load.reads());
    if (load.wrong_roles() > 0)
        row("  of them a standby was wanted and a primary answered", load.wrong_roles());
    rows("WRITES", load.writes());
    rows("AMBIGUOUS WRITES", std::map<std::string, std::uint64_t>{
                                 {"found in the ledger", found.ledger.ambiguous_found},
                                 {"not found", found.ledger.ambiguous_not_found},
                             });
    std::printf("\nLONGEST TIME BETWEEN TWO SUCCESSES OF A CALLER\n");
    outage_row("writer", load.longest_of_writers(), faults);
    outage_row("reader", load.longest_of_readers(), faults);
    std::printf("\nLEFT BEHIND\n");
    row("connections leaked", found.leaked);
    row("descriptors", before_and_after(found.before.descriptors, found.after.descriptors));
    row("threads", before_and_after(found.before.threads, found.after.threads));
    memory_row(found, load);

    std::printf("\nCHECKS\n");
    const std::vector<check> checks = judge(found, load);
    for (const check& one : checks) std::printf("  %-8s %s\n", one.holds ? "ok" : "FAILED", one.what.c_str());
    if (!found.ledger.good()) std::printf("  the first: %s\n", found.ledger.first_problem.c_str());
    const bool good = std::all_of(checks.begin(), checks.end(), [](const check& one) { return one.holds; });
    std::printf("\nsoak: %s\n", good ? "every check holds" : "FAILED");
    std::fflush(stdout);
    return good;
}

}  // namespace podpool::soak
