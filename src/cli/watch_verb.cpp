// SPDX-License-Identifier: BSL-1.0
#include "cli/watch_verb.hpp"

#include "cli/bench_verb.hpp"
#include "cli/json.hpp"
#include "cli/render.hpp"
#include "cli/screen.hpp"
#include "cli/stop_signals.hpp"
#include "cli/target.hpp"
#include "cli/utf8.hpp"

#include <podpool/detail/explain.hpp>

#include <algorithm>
#include <ostream>
#include <utility>

namespace podpool::cli {

namespace {

using clock = std::chrono::steady_clock;

double rate_at(const watch_frame& frame, const endpoint& where) {
    const auto found = frame.queries_per_second_at.find(where);
    return found == frame.queries_per_second_at.end() ? 0 : found->second;
}

boost::json::object endpoint_json(const watch_frame& frame, const endpoint_stats& one) {
    boost::json::object row;
    row["address"] = one.where.address;
    row["port"] = one.where.port;
    row["zone"] = json_or_null(one.zone);
    row["role"] = to_string(one.role);
    row["state"] = to_string(one.state);
    row["state_seconds"] = rounded(seconds(one.in_state_for));
    row["open"] = one.open;
    row["idle"] = one.idle;
    row["maintaining"] = one.maintaining;
    row["active"] = one.active;
    row["opening"] = one.opening;
    row["draining"] = one.draining;
    row["queries_per_second"] = rounded(rate_at(frame, one.where));
    row["ejections"] = one.ejections;
    row["last_error"] = json_or_null(one.last_failure.message);
    return row;
}

std::string error_text(const endpoint_stats& one) {
    if (!one.last_failure) return "";
    std::string text = error_line(one.last_failure.message, one.where);
    if (one.last_failure_age) text += " (" + detail::rough_duration_text(*one.last_failure_age) + " ago)";
    return text;
}

/// Idle connections that are being reset serve nobody yet: with many of them callers wait beside them.
std::string idle_text(const stats& pool) {
    std::string text = std::to_string(pool.idle) + " idle";
    if (pool.maintaining > 0) text += " (" + std::to_string(pool.maintaining) + " being reset or checked)";
    return text;
}

std::string discovery_text(const stats& pool) {
    std::string text = "discovery: ";
    if (pool.discovery_age) {
        text +=
            pool.discovery_source + " answered " + detail::rough_duration_text(*pool.discovery_age) + " ago";
    } else {
        text += "no answer yet";
    }
    return pool.discovery_error.empty() ? text : text + "; now: " + one_line(pool.discovery_error);
}

std::vector<std::string> summary(const stats& pool, const tally& counted, std::chrono::nanoseconds duration) {
    std::vector<std::string> lines;
    lines.push_back("watched " + detail::rough_duration_text(duration) + ": queries " +
                    std::to_string(counted.queries) + ", errors " + std::to_string(counted.errors) +
                    ", renewals " + std::to_string(pool.renewals) + ", open connections max/mean " +
                    decimal(pool.sessions.max_over_mean, 2) + ", CV " + decimal(pool.sessions.cv, 2));
    return lines;
}

/// Shows frames until the time is over or the user has seen enough.
void show_frames(const watch_request& request, load& running, stop_signals& signals, clock::time_point begin,
                 std::ostream& out) {
    screen display(out, stdout_is_terminal());
    watch_sampler sampler(begin);
    const auto end = request.duration ? begin + *request.duration : clock::time_point::max();
    for (auto next = begin; clock::now() < end;) {
        // Frames that were missed, on a machine that was busy, are left out.
        while (next <= clock::now()) next += request.interval;
        if (signals.wait_until(std::min(next, end))) return;
        const watch_frame frame = sampler.next(clock::now(), running.pool_stats(), running.total());
        if (request.json) {
            out << json_text(to_json(frame)) << '\n' << std::flush;
        } else {
            display.show(to_lines(frame));
        }
        if (!out) return;
    }
}

}  // namespace

watch_frame watch_sampler::next(time_point now, stats pool, tally counted) {
    watch_frame frame;
    const double passed = std::max(seconds(now - last_time_), 1e-9);
    frame.time = std::chrono::system_clock::now();
    frame.pool = std::move(pool);
    std::sort(frame.pool.endpoints.begin(), frame.pool.endpoints.end(),
              [](const auto& a, const auto& b) { return a.where < b.where; });
    frame.queries = counted.queries;
    frame.errors = counted.errors;
    frame.failed_acquires = counted.failed_acquires;
    frame.queries_per_second = static_cast<double>(counted.queries - last_.queries) / passed;
    for (const auto& [where, queries] : counted.queries_at) {
        frame.queries_per_second_at[where] = static_cast<double>(queries - last_.queries_at[where]) / passed;
    }
    last_time_ = now;
    last_ = std::move(counted);
    return frame;
}

boost::json::object to_json(const watch_frame& frame) {
    const stats& pool = frame.pool;
    boost::json::object balance;
    balance["max_over_mean"] = rounded(pool.sessions.max_over_mean);
    balance["cv"] = rounded(pool.sessions.cv);
    boost::json::object discovery;
    discovery["source"] = json_or_null(pool.discovery_source);
    discovery["age_seconds"] = nullptr;
    if (pool.discovery_age) discovery["age_seconds"] = rounded(seconds(*pool.discovery_age));
    discovery["error"] = json_or_null(pool.discovery_error);
    boost::json::array endpoints;
    for (const endpoint_stats& one : pool.endpoints) endpoints.push_back(endpoint_json(frame, one));

    boost::json::object result;
    result["time"] = time_stamp(frame.time);
    result["name"] = pool.name;
    result["max_conns"] = pool.max_conns;
    result["open"] = pool.open;
    result["idle"] = pool.idle;
    result["maintaining"] = pool.maintaining;
    result["active"] = pool.active;
    result["opening"] = pool.opening;
    result["draining"] = pool.draining;
    result["waiters"] = pool.waiters;
    result["oldest_wait_seconds"] = rounded(seconds(pool.oldest_wait));
    result["timeouts"] = pool.timeouts;
    result["queries_per_second"] = rounded(frame.queries_per_second);
    result["queries"] = frame.queries;
    result["errors"] = frame.errors;
    result["failed_acquires"] = frame.failed_acquires;
    result["renewals_per_second"] = rounded(pool.renewals_per_second);
    result["balance"] = std::move(balance);
    result["discovery"] = std::move(discovery);
    result["endpoints"] = std::move(endpoints);
    return result;
}

std::vector<std::string> to_lines(const watch_frame& frame) {
    const stats& pool = frame.pool;
    std::vector<std::string> lines;
    lines.push_back(time_stamp(frame.time) + "  " + pool.name + ": " + std::to_string(pool.open) + " of " +
                    count_text(pool.max_conns, "connection") + " open, " + std::to_string(pool.active) +
                    " active, " + idle_text(pool) + ", " + std::to_string(pool.opening) + " opening, " +
                    std::to_string(pool.draining) + " draining");
    lines.push_back("waiters " + std::to_string(pool.waiters) + " (oldest " +
                    detail::rough_duration_text(pool.oldest_wait) + ")  max/mean " +
                    decimal(pool.sessions.max_over_mean, 2) + "  CV " + decimal(pool.sessions.cv, 2) +
                    "  renewals/s " + decimal(pool.renewals_per_second, 2) + "  queries/s " +
                    decimal(frame.queries_per_second, 0) + "  errors " + std::to_string(frame.errors));
    lines.push_back(discovery_text(pool));

    text_table table({column("ENDPOINT"), column("ROLE"), column("OPEN", align::right),
                      column("IDLE", align::right), column("ACTIVE", align::right),
                      column("OPENING", align::right), column("DRAINING", align::right),
                      column("QUERIES/S", align::right), column("STATE"), column("SINCE", align::right),
                      column("LAST ERROR")});
    for (const endpoint_stats& one : pool.endpoints) {
        table.add({to_string(one.where), std::string(to_string(one.role)), std::to_string(one.open),
                   std::to_string(one.idle), std::to_string(one.active), std::to_string(one.opening),
                   std::to_string(one.draining), decimal(rate_at(frame, one.where), 0),
                   std::string(to_string(one.state)), detail::rough_duration_text(one.in_state_for),
                   error_text(one)});
    }
    for (std::string& line : table.lines()) lines.push_back(std::move(line));
    return lines;
}

exit_code run(const watch_request& request, std::ostream& out, std::ostream& err) {
    // A query that runs at the end is of no use to anybody who watched.
    constexpr std::chrono::seconds grace(1);

    const auto target = read_target(request.uri);
    stop_signals signals;
    const auto begin = clock::now();
    const auto running = target->start_load(request.load);
    show_frames(request, *running, signals, begin, out);
    const stats at_end = running->pool_stats();
    const tally counted = running->total();
    running->stop(grace);
    if (!request.json) out << '\n' << joined(summary(at_end, counted, clock::now() - begin));
    err << error_summary(counted);
    return at_end.discovery_answers > 0 ? exit_code::ok : exit_code::failed;
}

}  // namespace podpool::cli
