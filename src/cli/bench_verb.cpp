// SPDX-License-Identifier: BSL-1.0
#include "cli/bench_verb.hpp"

#include "cli/json.hpp"
#include "cli/render.hpp"
#include "cli/stop_signals.hpp"
#include "cli/target.hpp"
#include "cli/utf8.hpp"

#include <podpool/detail/explain.hpp>

#include <algorithm>
#include <map>
#include <ostream>
#include <utility>

namespace podpool::cli {

namespace {

boost::json::object percentiles(const histogram& times) {
    boost::json::object result;
    result["p50"] = rounded(microseconds(times.quantile(0.5)));
    result["p99"] = rounded(microseconds(times.quantile(0.99)));
    result["p999"] = rounded(microseconds(times.quantile(0.999)));
    return result;
}

double rate(const bench_report& report) {
    const double length = seconds(report.duration);
    return length > 0 ? static_cast<double>(report.counted.queries) / length : 0;
}

std::vector<std::string> latency_row(const std::string& name, const histogram& times) {
    const auto text = [](std::chrono::nanoseconds value) { return decimal(microseconds(value), 1); };
    return {name, text(times.quantile(0.5)), text(times.quantile(0.99)), text(times.quantile(0.999)),
            text(times.largest())};
}

/// Why nothing worked, as far as the pool knows.
std::string reasons(const stats& pool) {
    std::string text;
    if (pool.endpoints.empty()) text += "podpool bench: no endpoint is known\n";
    if (!pool.discovery_error.empty()) {
        text += "podpool bench: discovery: " + one_line(pool.discovery_error) + "\n";
    }
    for (const endpoint_stats& one : pool.endpoints) {
        if (!one.last_failure) continue;
        text += "podpool bench: " + to_string(one.where) + ": " +
                error_line(one.last_failure.message, one.where) + "\n";
    }
    return text;
}

}  // namespace

bench_report make_bench_report(const load_request& load, const stats& before_end, const tally& counted,
                               std::chrono::nanoseconds duration) {
    bench_report report;
    report.load = load;
    report.max_conns = before_end.max_conns;
    report.duration = duration;
    report.counted = counted;
    report.balance = before_end.sessions;
    // An endpoint that went meanwhile has answered queries, too.
    std::map<endpoint, bench_row> rows;
    for (const endpoint_stats& one : before_end.endpoints) {
        rows[one.where].open = one.open;
        rows[one.where].active = one.active;
    }
    for (const auto& [where, queries] : counted.queries_at) rows[where].queries = queries;
    for (auto& [where, row] : rows) {
        row.where = where;
        report.endpoints.push_back(row);
    }
    return report;
}

boost::json::object to_json(const bench_report& report) {
    boost::json::array endpoints;
    for (const bench_row& one : report.endpoints) {
        boost::json::object row;
        row["address"] = one.where.address;
        row["port"] = one.where.port;
        row["open"] = one.open;
        row["active"] = one.active;
        row["queries"] = one.queries;
        endpoints.push_back(std::move(row));
    }
    boost::json::object balance;
    balance["max_over_mean"] = rounded(report.balance.max_over_mean);
    balance["cv"] = rounded(report.balance.cv);
    boost::json::object result;
    result["queries"] = report.counted.queries;
    result["errors"] = report.counted.errors;
    result["queries_per_second"] = rounded(rate(report));
    result["acquire_microseconds"] = percentiles(report.counted.acquire_time);
    result["query_microseconds"] = percentiles(report.counted.query_time);
    result["endpoints"] = std::move(endpoints);
    result["balance"] = std::move(balance);
    return result;
}

std::string to_text(const bench_report& report) {
    const bool coroutines = report.load.coroutines;
    std::string text =
        count_text(report.load.clients, coroutines ? "coroutine" : "thread") + " on at most " +
        count_text(report.max_conns, "connection") + " for " + detail::rough_duration_text(report.duration) +
        ": " + one_line(report.load.sql) + "\n" + "queries " + std::to_string(report.counted.queries) + " (" +
        decimal(rate(report), 0) + " per second), errors " + std::to_string(report.counted.errors) + "\n\n";

    text_table times({column("MICROSECONDS"), column("P50", align::right), column("P99", align::right),
                      column("P99.9", align::right), column("MAX", align::right)});
    times.add(latency_row("acquire", report.counted.acquire_time));
    times.add(latency_row("query", report.counted.query_time));
    text += joined(times.lines()) + "\n";

    text_table endpoints({column("ENDPOINT"), column("OPEN", align::right), column("ACTIVE", align::right),
                          column("QUERIES", align::right), column("SHARE", align::right)});
    const auto all = static_cast<double>(std::max<std::uint64_t>(report.counted.queries, 1));
    for (const bench_row& one : report.endpoints) {
        endpoints.add({to_string(one.where), std::to_string(one.open), std::to_string(one.active),
                       std::to_string(one.queries),
                       decimal(static_cast<double>(one.queries) * 100 / all, 1) + "%"});
    }
    return text + joined(endpoints.lines()) + "balance of open connections: max/mean " +
           decimal(report.balance.max_over_mean, 2) + ", CV " + decimal(report.balance.cv, 2) + "\n";
}

std::string error_summary(const tally& counted) {
    constexpr std::size_t most_shown = 5;
    std::vector<std::pair<std::string, tally::failures>> kinds(counted.errors_by_kind.begin(),
                                                               counted.errors_by_kind.end());
    std::sort(kinds.begin(), kinds.end(), [](const auto& a, const auto& b) {
        return a.second.count != b.second.count ? a.second.count > b.second.count : a.first < b.first;
    });
    std::string text;
    for (std::size_t i = 0; i < std::min(kinds.size(), most_shown); ++i) {
        const auto& [kind, failures] = kinds[i];
        text += count_text(failures.count, "error") + ": " + one_line(kind) + "\n";
        if (failures.example != kind) text += "  first: " + one_line(failures.example) + "\n";
    }
    if (kinds.size() > most_shown) {
        text += "and errors of " + count_text(kinds.size() - most_shown, "further kind") + "\n";
    }
    return text;
}

exit_code run(const bench_request& request, std::ostream& out, std::ostream& err) {
    // How long a query that runs at the end may go on; longer ones are cut off and counted as errors.
    constexpr std::chrono::seconds grace(5);
    using clock = std::chrono::steady_clock;

    const auto target = read_target(request.uri);
    stop_signals signals;
    const auto begin = clock::now();
    const auto running = target->start_load(request.load);
    signals.wait_until(begin + request.duration);
    const stats before_end = running->pool_stats();
    auto end = clock::now();
    running->stop(grace);
    const tally counted = running->total();
    if (counted.last_query) end = std::max(end, *counted.last_query);

    const bench_report report = make_bench_report(request.load, before_end, counted, end - begin);
    out << (request.json ? json_text(to_json(report)) + "\n" : to_text(report));
    err << error_summary(counted);
    if (counted.queries > 0) return counted.errors == 0 ? exit_code::ok : exit_code::failed;
    err << "podpool bench: no query was answered\n" << reasons(before_end);
    return exit_code::failed;
}

}  // namespace podpool::cli
