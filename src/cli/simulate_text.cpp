// SPDX-License-Identifier: BSL-1.0
// The figures of `podpool simulate` for people.
#include "cli/render.hpp"
#include "cli/simulate_verb.hpp"

#include <podpool/detail/duration_text.hpp>

#include <cmath>

namespace podpool::cli {

namespace {

using detail::duration_text;

/// `1.02`, and behind it the worst seed's `(1.10)` if there are several.
std::string cell(const seed_figure& figure, int decimals, bool several) {
    if (!figure.known) return "-";
    const auto text = [decimals](double value) {
        return std::isfinite(value) ? decimal(value, decimals) : std::string("never");
    };
    return several ? text(figure.median) + " (" + text(figure.worst) + ")" : text(figure.median);
}

std::string heading(const simulate_request& request) {
    const simulation::plan& plan = request.scenario;
    std::string text = count_text(plan.clients, "client") + " x " + count_text(plan.sessions, "session") +
                       " on " + count_text(plan.pods, "pod");
    for (const simulation::scale_event& one : plan.scale) {
        text +=
            ", at " + duration_text(one.at) + " " + (one.change > 0 ? "+" : "") + std::to_string(one.change);
    }
    text += ", for " + duration_text(plan.length) + "\nlifetime " + duration_text(plan.lifetime) + ", " +
            std::string(to_string(plan.load)) + " load, clients start over " +
            duration_text(plan.start_over) + ", DNS TTL " + duration_text(plan.dns_ttl) +
            ", kept by resolvers for " + duration_text(std::min(plan.dns_ttl, plan.dns_cache)) + "\n";
    if (request.seeds == 1) return text + "seed " + std::to_string(request.first_seed) + "\n";
    return text + "seeds " + std::to_string(request.first_seed) + " to " +
           std::to_string(request.first_seed + request.seeds - 1) +
           ": the median, in parentheses the worst\n";
}

}  // namespace

std::string to_text(const simulate_report& report) {
    const simulation::plan& plan = report.request.scenario;
    const bool several = report.request.seeds > 1;
    std::vector<column> columns{column("MODEL")};
    for (const char* const what : {"MAX/MEAN ", "NEWEST "}) {
        for (const auto after : plan.looks) columns.emplace_back(what + duration_text(after), align::right);
        columns.emplace_back(std::string(what) + "END", align::right);
    }
    columns.emplace_back("95% AFTER", align::right);
    text_table balance(std::move(columns));
    text_table cost({column("MODEL"), column("DIALS", align::right), column("BUSIEST 1s", align::right),
                     column("10s", align::right), column("ONE POD", align::right),
                     column("MOVED", align::right), column("FAILED", align::right),
                     column("WAIT ms", align::right), column("LOST", align::right)});
    for (const model_report& one : report.models) {
        std::vector<std::string> cells{std::string(one.which->name)};
        for (const auto& look : one.looks) cells.push_back(cell(look.max_over_mean, 2, several));
        cells.push_back(cell(one.end.max_over_mean, 2, several));
        for (const auto& look : one.looks) cells.push_back(cell(look.newest_share, 2, several));
        cells.push_back(cell(one.end.newest_share, 2, several));
        cells.push_back(cell(one.newest_filled_seconds, 0, several) +
                        (one.newest_filled_seconds.known ? "s" : ""));
        balance.add(std::move(cells));
        seed_figure wait = one.longest_wait_seconds;
        wait.median *= 1000;
        wait.worst *= 1000;
        cost.add({std::string(one.which->name), cell(one.dials, 0, several),
                  cell(one.busiest_second, 0, several), cell(one.busiest_ten_seconds, 1, several),
                  cell(one.busiest_pod_second, 0, several), cell(one.moves, 0, several),
                  cell(one.failed, 0, several), cell(wait, 0, several), cell(one.lost, 0, several)});
    }
    return heading(report.request) + "\n" + joined(balance.lines()) + "\n" + joined(cost.lines()) +
           "\nMAX/MEAN: sessions of the fullest pod over the mean, so long after " +
           (plan.scale.empty() ? "the start" : "the last scale event") +
           ".\nNEWEST: sessions of the newest pods over the mean. 95% AFTER: when that was 0.95, to the "
           "second."
           "\nCounted from " +
           duration_text(plan.measured_from()) +
           " on: dials; most in any second, ONE POD: on one pod; 10s: per second in the\nbusiest ten; "
           "sessions moved "
           "for balance; acquires that failed; longest wait (whole run); sessions lost.\n";
}

}  // namespace podpool::cli
