// SPDX-License-Identifier: BSL-1.0
#include "cli/check_verb.hpp"

#include "cli/discovery_rounds.hpp"
#include "cli/json.hpp"
#include "cli/render.hpp"
#include "cli/target.hpp"
#include "cli/utf8.hpp"

#include <podpool/detail/describe_failure.hpp>
#include <podpool/detail/explain.hpp>
#include <podpool/detail/operation.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <ostream>

namespace podpool::cli {

namespace {

using clock = std::chrono::steady_clock;

/// One attempt at one endpoint; its row is written when it has ended.
struct attempt {
    endpoint_info where;
    clock::time_point begin;
    check_row row;
    probe seen;
    std::shared_ptr<detail::operation> under_way;
};

boost::asio::awaitable<void> dial(const database& target, attempt& into) {
    into.seen = co_await target.try_open(into.where);
}

void finish(attempt& ended, const std::exception_ptr& error, bool timed_out, std::chrono::nanoseconds limit) {
    check_row& row = ended.row;
    row.milliseconds = rounded(microseconds(clock::now() - ended.begin) / 1000);
    row.ok = ended.seen.opened && !timed_out;
    row.error = ended.seen.why.message;
    if (row.ok) {
        row.role = ended.seen.facts.role;
        row.server_version = ended.seen.facts.server_version;
        row.tls = ended.seen.facts.tls;
    } else if (timed_out) {
        row.error = "no connection within pool_connect_timeout (" + detail::rough_duration_text(limit) + ")";
    } else if (error && row.error.empty()) {
        row.error = detail::describe(error, failure_kind::endpoint_down).message;
    }
}

std::vector<check_row> check_all(boost::asio::io_context& context, const database& target,
                                 const std::vector<endpoint_info>& endpoints,
                                 std::chrono::nanoseconds limit) {
    std::vector<std::unique_ptr<attempt>> attempts;
    for (const endpoint_info& one : endpoints) {
        attempts.push_back(std::make_unique<attempt>());
        attempt& started = *attempts.back();
        started.where = one;
        started.row.where = one.where;
        started.begin = clock::now();
        started.under_way =
            std::make_shared<detail::operation>(boost::asio::make_strand(context.get_executor()));
        started.under_way->run(
            limit, [&target, &started] { return dial(target, started); },
            [&started, limit](const std::exception_ptr& error, bool timed_out) {
                finish(started, error, timed_out, limit);
            });
    }
    context.run();
    std::vector<check_row> rows;
    for (const auto& ended : attempts) rows.push_back(std::move(ended->row));
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.where < b.where; });
    return rows;
}

std::string login_of(const database& target) {
    const auto parameters = target.parameters();
    const auto value = [&](const char* keyword) {
        const auto found = parameters.find(keyword);
        return found == parameters.end() ? std::string() : found->second;
    };
    return "user " + or_dash(value("user")) + ", database " + or_dash(value("dbname"));
}

}  // namespace

boost::json::object to_json(const check_report& report) {
    boost::json::array endpoints;
    for (const check_row& one : report.endpoints) {
        boost::json::object row;
        row["address"] = one.where.address;
        row["port"] = one.where.port;
        row["ok"] = one.ok;
        row["role"] = json_or_null(one.role);
        row["server_version"] = json_or_null(one.server_version);
        row["tls"] = json_or_null(one.tls);
        row["milliseconds"] = one.milliseconds;
        row["error"] = json_or_null(one.error);
        endpoints.push_back(std::move(row));
    }
    boost::json::object result;
    result["endpoints"] = std::move(endpoints);
    result["remark"] = json_or_null(report.remark);
    return result;
}

std::string to_text(const check_report& report) {
    text_table table({column("ENDPOINT"), column("OK"), column("ROLE"), column("TLS"),
                      column("MILLISECONDS", align::right), column("SERVER VERSION"), column("ERROR")});
    for (const check_row& one : report.endpoints) {
        table.add({to_string(one.where), one.ok ? "yes" : "no", or_dash(one.role), or_dash(one.tls),
                   decimal(one.milliseconds, 1), or_dash(one.server_version),
                   error_line(one.error, one.where)});
    }
    const std::string remark = report.remark.empty() ? "" : "remark: " + one_line(report.remark) + "\n";
    return one_line(report.login) + "\n" + joined(table.lines()) + remark;
}

exit_code run(const check_request& request, std::ostream& out, std::ostream& err) {
    const auto target = read_target(request.uri);
    const std::chrono::nanoseconds limit = target->settings().connect_timeout;
    boost::asio::io_context context(1);
    const auto source = target->discover(context.get_executor());
    const discovery_round answer = discover_once(context, *source, limit + std::chrono::seconds(1));
    if (!answer.problem.empty()) err << "podpool check: " << one_line(answer.problem) << '\n';
    if (!answer.found) return exit_code::failed;

    check_report report;
    report.login = login_of(*target);
    report.remark = answer.found->remark;
    report.endpoints = check_all(context, *target, answer.found->endpoints, limit);
    out << (request.json ? json_text(to_json(report)) + "\n" : to_text(report));
    const bool all_ok = std::all_of(report.endpoints.begin(), report.endpoints.end(),
                                    [](const check_row& one) { return one.ok; });
    return all_ok && answer.problem.empty() ? exit_code::ok : exit_code::failed;
}

}  // namespace podpool::cli
