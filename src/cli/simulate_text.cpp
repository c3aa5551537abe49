// SPDX-License-Identifier: BSL-1.0
// The figures of `podpool simulate` for people.
#include "cli/render.hpp"
#include "cli/simulate_verb.hpp"

#include <podpool/detail/duration_text.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

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
    const auto looks = [&](const char* what) {
        std::vector<column> columns{column("MODEL")};
        for (const auto after : plan.looks) {
            columns.emplace_back(what + (" " + duration_text(after)), align::right);
        }
        columns.emplace_back(std::string(what) + " END", align::right);
        return columns;
    };
    std::vector<column> with_moves = looks("MAX/MEAN");
    for (const char* const name : {"MOVED", "FAILED", "WAIT ms"}) with_moves.emplace_back(name, align::right);
    std::vector<column> with_filled = looks("NEWEST");
    for (const char* const name : {"95% AFTER s", "LOST"}) with_filled.emplace_back(name, align::right);
    text_table balance(std::move(with_moves));
    text_table newest(std::move(with_filled));
    text_table dials({column("MODEL"), column("DIALS", align::right), column("BUSIEST 1s", align::right),
                      column("BUSIEST 10s", align::right), column("ONE POD 1s", align::right)});
    for (const model_report& one : report.models) {
        const std::string name(one.which->name);
        std::vector<std::string> evenness{name};
        std::vector<std::string> shares{name};
        for (const auto& look : one.looks) {
            evenness.push_back(cell(look.max_over_mean, 2, several));
            shares.push_back(cell(look.newest_share, 2, several));
        }
        seed_figure wait = one.longest_wait_seconds;
        wait.median *= 1000;
        wait.worst *= 1000;
        for (const std::string& text : {cell(one.end.max_over_mean, 2, several), cell(one.moves, 0, several),
                                        cell(one.failed, 0, several), cell(wait, 0, several)}) {
            evenness.push_back(text);
        }
        for (const std::string& text :
             {cell(one.end.newest_share, 2, several), cell(one.newest_filled_seconds, 0, several),
              cell(one.lost, 0, several)}) {
            shares.push_back(text);
        }
        balance.add(std::move(evenness));
        newest.add(std::move(shares));
        dials.add({name, cell(one.dials, 0, several), cell(one.busiest_second, 0, several),
                   cell(one.busiest_ten_seconds, 1, several), cell(one.busiest_pod_second, 0, several)});
    }
    const std::string since = plan.scale.empty() ? "the start" : "the last scale event";
    return heading(report.request) + "\n" + joined(balance.lines()) + "\n" + joined(newest.lines()) + "\n" +
           joined(dials.lines()) + "\nMAX/MEAN: sessions of the fullest pod over the mean, so long after " +
           since +
           ".\nNEWEST: sessions of the newest pods over the mean; 95% AFTER: when that was 0.95, to the "
           "second.\n"
           "MOVED: sessions replaced for balance, not for age. FAILED: acquires without a connection.\n"
           "WAIT: the longest of an acquire in the whole run. LOST: sessions that broke (podpool: in use).\n"
           "BUSIEST 1s: most dials on all pods in any second; 10s: per second, in any ten; ONE POD: on one.\n"
           "Moves, failures, losses and dials are counted from " +
           duration_text(plan.measured_from()) + " on.\n";
}

}  // namespace podpool::cli
