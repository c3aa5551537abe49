// SPDX-License-Identifier: BSL-1.0
#include "cli/resolve_verb.hpp"

#include "cli/discovery_rounds.hpp"
#include "cli/json.hpp"
#include "cli/render.hpp"
#include "cli/stop_signals.hpp"
#include "cli/target.hpp"
#include "cli/utf8.hpp"

#include <podpool/detail/explain.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <utility>

namespace podpool::cli {

namespace {

/// An endpoint with what is known of its pod.
struct known_endpoint {
    endpoint_info info;
    pod_details pod;

    friend bool operator==(const known_endpoint&, const known_endpoint&) = default;
};

std::vector<known_endpoint> sorted(const endpoint_set& answer) {
    std::map<endpoint, pod_details> pods;
    for (const pod_details& one : answer.pods) pods.emplace(one.where, one);
    std::vector<known_endpoint> all;
    for (const endpoint_info& one : answer.endpoints) all.push_back({one, pods[one.where]});
    std::sort(all.begin(), all.end(),
              [](const known_endpoint& a, const known_endpoint& b) { return a.info.where < b.info.where; });
    return all;
}

bool differ(const endpoint_set& before, const endpoint_set& after) {
    return sorted(before) != sorted(after) || before.left_out != after.left_out ||
           before.remark != after.remark;
}

std::string yes_or_no(bool value) { return value ? "yes" : "no"; }

std::string conditions(const known_endpoint& known) {
    const auto& [one, pod] = known;
    std::string text = one.ready ? "ready" : "not ready";
    text += one.serving ? ", serving" : ", not serving";
    if (one.terminating) text += ", terminating";
    if (!one.zone.empty()) text += ", zone " + one.zone;
    if (!pod.pod.empty()) text += ", pod " + pod.pod;
    if (!pod.node.empty()) text += ", node " + pod.node;
    return text;
}

/// For whom Kubernetes means an endpoint: zones, and nodes as `node/NAME`.
std::string hints_text(const pod_details& one) {
    std::string text;
    for (const std::string& zone : one.hint_zones) text += (text.empty() ? "" : ",") + zone;
    for (const std::string& node : one.hint_nodes) text += (text.empty() ? "node/" : ",node/") + node;
    return text;
}

boost::json::array array_of(const std::vector<std::string>& texts) {
    boost::json::array all;
    for (const std::string& text : texts) all.emplace_back(text);
    return all;
}

std::string ttl_text(const endpoint_set& answer) {
    return answer.ttl ? std::to_string(answer.ttl->count()) + "s" : "-";
}

std::string next_text(const endpoint_set& answer) {
    return answer.next_refresh ? detail::rough_duration_text(*answer.next_refresh) : "never";
}

/// Prints what changes from round to round.
class change_printer {
public:
    change_printer(std::ostream& out, bool json) : out_(out), json_(json) {}

    void show(const discovery_round& round) {
        const bool mended = round.problem.empty() && !problem_.empty();
        const bool told = std::exchange(problem_, round.problem) == round.problem;
        if (round.found && (mended || !last_ || differ(*last_, *round.found))) show_answer(*round.found);
        if (!round.problem.empty() && !told) show_problem();
        out_.flush();
    }

    [[nodiscard]] bool answered() const { return last_.has_value(); }

private:
    void show_answer(const endpoint_set& answer) {
        if (json_) {
            boost::json::object line{{"time", now()}};
            for (const auto& member : to_json(answer)) line[member.key()] = member.value();
            out_ << json_text(line) << '\n';
        } else {
            out_ << now() << "  " << count_text(answer.endpoints.size(), "endpoint") << " from "
                 << answer.source << ", ttl " << ttl_text(answer) << ", next refresh " << next_text(answer)
                 << '\n'
                 << difference(last_.value_or(endpoint_set{}), answer) << left_out_text(answer)
                 << remark_text(answer);
        }
        last_ = answer;
    }

    void show_problem() {
        if (json_) {
            out_ << json_text(boost::json::object{{"time", now()}, {"error", problem_}}) << '\n';
        } else {
            out_ << now() << "  " << one_line(problem_) << '\n';
        }
    }

    static std::string now() { return time_stamp(std::chrono::system_clock::now()); }

    std::ostream& out_;
    bool json_;
    std::optional<endpoint_set> last_;
    std::string problem_;
};

exit_code watch(const database& target, bool json, std::ostream& out) {
    stop_signals signals;
    change_printer printer(out, json);
    const auto source = target.discover(signals.get_executor());
    start_rounds(signals.get_executor(), *source,
                 [&printer](const discovery_round& round) { printer.show(round); });
    while (!signals.wait_until(std::chrono::steady_clock::now() + std::chrono::hours(1))) continue;
    source->stop();
    return printer.answered() ? exit_code::ok : exit_code::failed;
}

}  // namespace

boost::json::object to_json(const endpoint_set& answer) {
    boost::json::array endpoints;
    for (const auto& [one, pod] : sorted(answer)) {
        boost::json::object row;
        row["address"] = one.where.address;
        row["port"] = one.where.port;
        row["ready"] = one.ready;
        row["serving"] = one.serving;
        row["terminating"] = one.terminating;
        row["zone"] = json_or_null(one.zone);
        row["pod"] = json_or_null(pod.pod);
        row["node"] = json_or_null(pod.node);
        row["hint_zones"] = array_of(pod.hint_zones);
        row["hint_nodes"] = array_of(pod.hint_nodes);
        row["weight"] = one.weight;
        endpoints.push_back(std::move(row));
    }
    boost::json::array left_out;
    for (const endpoint& one : answer.left_out) {
        left_out.push_back(boost::json::object{{"address", one.address}, {"port", one.port}});
    }
    boost::json::object result;
    result["source"] = answer.source;
    result["endpoints"] = std::move(endpoints);
    result["left_out"] = std::move(left_out);
    result["remark"] = json_or_null(answer.remark);
    result["ttl_seconds"] = nullptr;
    result["next_refresh_seconds"] = nullptr;
    if (answer.ttl) result["ttl_seconds"] = answer.ttl->count();
    if (answer.next_refresh) result["next_refresh_seconds"] = rounded(seconds(*answer.next_refresh));
    return result;
}

std::string to_text(const endpoint_set& answer) {
    std::vector<column> columns{column("ADDRESS"), column("PORT", align::right), column("READY"),
                                column("SERVING"), column("TERMINATING"),        column("ZONE")};
    // Only Kubernetes' API tells of these.
    const bool with_pods = std::any_of(answer.pods.begin(), answer.pods.end(), [](const pod_details& one) {
        return !one.pod.empty() || !one.node.empty() || !hints_text(one).empty();
    });
    if (with_pods) columns.insert(columns.end(), {column("POD"), column("NODE"), column("HINTS")});
    text_table table(columns);
    for (const auto& [one, pod] : sorted(answer)) {
        std::vector<std::string> cells{one.where.address,          std::to_string(one.where.port),
                                       yes_or_no(one.ready),       yes_or_no(one.serving),
                                       yes_or_no(one.terminating), or_dash(one.zone)};
        if (with_pods)
            cells.insert(cells.end(), {or_dash(pod.pod), or_dash(pod.node), or_dash(hints_text(pod))});
        table.add(std::move(cells));
    }
    return "source " + answer.source + ", ttl " + ttl_text(answer) + ", next refresh " + next_text(answer) +
           "\n" + joined(table.lines()) + left_out_text(answer) + remark_text(answer);
}

std::string left_out_text(const endpoint_set& answer) {
    std::string text;
    for (const endpoint& one : answer.left_out) text += (text.empty() ? "" : ", ") + to_string(one);
    if (text.empty()) return text;
    return "left out, being of the other address family (pool_address_family): " + text + "\n";
}

std::string remark_text(const endpoint_set& answer) {
    return answer.remark.empty() ? std::string() : "remark: " + one_line(answer.remark) + "\n";
}

std::string difference(const endpoint_set& before, const endpoint_set& after) {
    std::map<endpoint, known_endpoint> known;
    for (known_endpoint& one : sorted(before)) known.emplace(one.info.where, std::move(one));
    std::string text;
    for (const known_endpoint& one : sorted(after)) {
        const endpoint& where = one.info.where;
        const auto found = known.find(where);
        if (found == known.end()) {
            text += "  + " + to_string(where) + "  " + conditions(one) + "\n";
        } else {
            if (!(found->second == one)) text += "  ~ " + to_string(where) + "  " + conditions(one) + "\n";
            known.erase(found);
        }
    }
    for (const auto& [where, gone] : known) text += "  - " + to_string(where) + "\n";
    return text;
}

exit_code run(const resolve_request& request, std::ostream& out, std::ostream& err) {
    const auto target = read_target(request.uri);
    if (request.watch) return watch(*target, request.json, out);

    boost::asio::io_context context(1);
    const auto source = target->discover(context.get_executor());
    // A question may take the whole connect timeout; its own verdict says more than ours.
    const discovery_round answer =
        discover_once(context, *source, target->settings().connect_timeout + std::chrono::seconds(1));
    if (!answer.problem.empty()) err << "podpool resolve: " << one_line(answer.problem) << '\n';
    if (!answer.found) return exit_code::failed;
    out << (request.json ? json_text(to_json(*answer.found)) + "\n" : to_text(*answer.found));
    return exit_code::ok;
}

}  // namespace podpool::cli
