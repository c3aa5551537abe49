// SPDX-License-Identifier: BSL-1.0
#include "cli/simulate_verb.hpp"

#include "cli/json.hpp"
#include "cli/simulate_picture.hpp"
#include "simulation/play.hpp"

#include <podpool/detail/start_thread.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fstream>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <ostream>
#include <thread>
#include <utility>

namespace podpool::cli {

namespace {

using simulation::history;
using simulation::moment;

constexpr double never = std::numeric_limits<double>::infinity();

double in_seconds(std::chrono::nanoseconds length) { return std::chrono::duration<double>(length).count(); }

enum class worse { more, less };

/// Median and worst of a figure of each run; unknown if no run has it.
seed_figure over_seeds(const std::vector<history>& runs, worse direction,
                       const std::function<std::optional<double>(const history&)>& of) {
    std::vector<double> values;
    for (const history& run : runs) {
        if (const std::optional<double> value = of(run)) values.push_back(*value);
    }
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    const bool even = values.size() % 2 == 0;
    const double median = even ? (values[middle - 1] + values[middle]) / 2 : values[middle];
    return {true, median, direction == worse::more ? values.back() : values.front()};
}

template <class Number>
std::optional<double> number(const std::optional<Number>& value) {
    return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

/// At most some hundred moments; of dials the busiest second of those left out is kept.
std::vector<moment> thinned(const std::vector<moment>& all) {
    constexpr std::size_t most = 240;
    const std::size_t step = std::max<std::size_t>(1, (all.size() + most - 1) / most);
    std::vector<moment> kept;
    double busiest = 0;
    for (std::size_t index = 0; index < all.size(); ++index) {
        busiest = std::max(busiest, all[index].dials_per_second);
        if (index % step != 0 && index + 1 != all.size()) continue;
        kept.push_back(all[index]);
        kept.back().dials_per_second = std::exchange(busiest, 0);
    }
    return kept;
}

/// How many runs at once: large ones would not fit into memory beside each other.
std::size_t workers(const simulate_request& request) {
    constexpr std::size_t large = 1'000'000;
    const std::size_t known_endpoints = request.scenario.clients * request.scenario.pods;
    if (known_endpoints > large) return 1;
    return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

boost::json::object to_json(const seed_figure& figure) {
    const auto value = [&](double number) {
        return figure.known && std::isfinite(number) ? boost::json::value(rounded(number))
                                                     : boost::json::value(nullptr);
    };
    return {{"median", value(figure.median)}, {"worst", value(figure.worst)}};
}

boost::json::array to_json(const std::vector<moment>& series) {
    boost::json::array points;
    for (const moment& one : series) {
        points.push_back(boost::json::object{{"seconds", rounded(in_seconds(one.at))},
                                             {"fewest", one.fewest},
                                             {"mean", rounded(one.mean)},
                                             {"most", one.most},
                                             {"max_over_mean", rounded(one.max_over_mean)},
                                             {"newest_sessions", rounded(one.newest)},
                                             {"newest_share", rounded(one.newest_share)},
                                             {"dials_per_second", rounded(one.dials_per_second)}});
    }
    return points;
}

boost::json::object scenario_json(const simulate_request& request) {
    const simulation::plan& plan = request.scenario;
    boost::json::array scale;
    for (const simulation::scale_event& one : plan.scale) {
        scale.push_back(
            boost::json::object{{"seconds", rounded(in_seconds(one.at))}, {"change", one.change}});
    }
    boost::json::object options;
    for (const auto& [key, value] : plan.pool_options) options[key] = value;
    boost::json::object scenario;
    scenario["clients"] = plan.clients;
    scenario["sessions"] = plan.sessions;
    scenario["pods"] = plan.pods;
    scenario["scale"] = std::move(scale);
    scenario["duration_seconds"] = rounded(in_seconds(plan.length));
    scenario["lifetime_seconds"] = rounded(in_seconds(plan.lifetime));
    scenario["start_over_seconds"] = rounded(in_seconds(plan.start_over));
    scenario["dns_ttl_seconds"] = rounded(in_seconds(plan.dns_ttl));
    scenario["dns_cache_seconds"] = rounded(in_seconds(plan.dns_cache));
    scenario["watch_delay_seconds"] = rounded(in_seconds(plan.watch_delay));
    scenario["totals_age_seconds"] = rounded(in_seconds(plan.totals_age));
    scenario["clients_per_node"] = plan.clients_per_node;
    scenario["load"] = std::string(to_string(plan.load));
    scenario["pool_options"] = std::move(options);
    scenario["counted_from_seconds"] = rounded(in_seconds(plan.measured_from()));
    scenario["first_seed"] = request.first_seed;
    scenario["seeds"] = request.seeds;
    return scenario;
}

boost::json::object look_json(double at, const model_report::look& look) {
    return {{"seconds", rounded(at)},
            {"max_over_mean", to_json(look.max_over_mean)},
            {"newest_share", to_json(look.newest_share)}};
}

}  // namespace

model_report make_model_report(const simulation::plan& scenario, const simulation::model& which,
                               const std::vector<history>& runs) {
    const auto balance = [&](const std::function<const moment*(const history&)>& at) {
        model_report::look look;
        look.max_over_mean = over_seeds(runs, worse::more, [&](const history& run) -> std::optional<double> {
            const moment* const seen = at(run);
            return seen != nullptr ? std::optional(seen->max_over_mean) : std::nullopt;
        });
        look.newest_share = over_seeds(runs, worse::less, [&](const history& run) -> std::optional<double> {
            const moment* const seen = at(run);
            return seen != nullptr ? std::optional(seen->newest_share) : std::nullopt;
        });
        return look;
    };
    const auto most = [&](const std::function<std::optional<double>(const history&)>& of) {
        return over_seeds(runs, worse::more, of);
    };
    model_report report;
    report.which = &which;
    for (std::size_t index = 0; index < scenario.looks.size(); ++index) {
        report.looks.push_back(balance([index](const history& run) -> const moment* {
            return run.looks[index] ? &*run.looks[index] : nullptr;
        }));
    }
    report.end = balance([](const history& run) { return &run.moments.back(); });
    const bool grows = !scenario.scale.empty() && scenario.scale.back().change > 0;
    report.newest_filled_seconds = most([&](const history& run) -> std::optional<double> {
        if (!grows) return std::nullopt;
        return run.newest_filled ? in_seconds(*run.newest_filled) : never;
    });
    report.dials = most([](const history& run) { return static_cast<double>(run.dials); });
    report.busiest_second = most([](const history& run) { return static_cast<double>(run.busiest_second); });
    report.busiest_ten_seconds =
        most([](const history& run) { return static_cast<double>(run.busiest_ten_seconds) / 10; });
    report.busiest_pod_second =
        most([](const history& run) { return static_cast<double>(run.busiest_pod_second); });
    report.moves = most([](const history& run) { return number(run.moves); });
    report.failed = most([](const history& run) { return number(run.failed); });
    report.longest_wait_seconds = most([](const history& run) -> std::optional<double> {
        return run.longest_wait ? std::optional(in_seconds(*run.longest_wait)) : std::nullopt;
    });
    report.lost = most([](const history& run) { return static_cast<double>(run.lost); });
    report.series = thinned(runs.front().moments);
    return report;
}

simulate_report simulate(const simulate_request& request) {
    for (const simulation::model* which : request.models) {
        if (which->is_podpool) static_cast<void>(simulation::pool_settings(request.scenario, *which));
    }
    std::vector<std::vector<history>> runs(request.models.size(), std::vector<history>(request.seeds));
    std::atomic<std::size_t> next = 0;
    std::mutex guard;
    std::exception_ptr failure;
    const auto work = [&] {
        for (std::size_t job = next++; job < request.models.size() * request.seeds; job = next++) {
            const std::size_t which = job / request.seeds;
            const std::size_t seed = job % request.seeds;
            try {
                history& run = runs[which][seed];
                run = simulation::play(request.scenario, *request.models[which], request.first_seed + seed);
                // Of the further seeds only the figures at the end are wanted, and the rest takes much space.
                if (seed != 0) {
                    run.moments.erase(run.moments.begin(), run.moments.end() - 1);
                }
            } catch (...) {
                const std::lock_guard lock(guard);
                failure = std::current_exception();
            }
        }
    };
    std::vector<std::thread> helpers;
    for (std::size_t helper = 1; helper < workers(request); ++helper)
        helpers.push_back(detail::start_thread(work));
    work();
    for (std::thread& helper : helpers) helper.join();
    if (failure) std::rethrow_exception(failure);
    simulate_report report{request, {}};
    for (std::size_t which = 0; which < request.models.size(); ++which) {
        report.models.push_back(make_model_report(request.scenario, *request.models[which], runs[which]));
    }
    return report;
}

boost::json::object to_json(const simulate_report& report) {
    const simulation::plan& plan = report.request.scenario;
    boost::json::array models;
    for (const model_report& one : report.models) {
        boost::json::array looks;
        for (std::size_t index = 0; index < one.looks.size(); ++index) {
            looks.push_back(look_json(in_seconds(plan.reference() + plan.looks[index]), one.looks[index]));
        }
        boost::json::object row;
        row["name"] = std::string(one.which->name);
        row["meaning"] = std::string(one.which->meaning);
        row["looks"] = std::move(looks);
        row["end"] = look_json(in_seconds(plan.length), one.end);
        row["newest_filled_seconds"] = to_json(one.newest_filled_seconds);
        row["dials"] = to_json(one.dials);
        row["busiest_second"] = to_json(one.busiest_second);
        row["busiest_ten_seconds_mean"] = to_json(one.busiest_ten_seconds);
        row["busiest_pod_second"] = to_json(one.busiest_pod_second);
        row["moves"] = to_json(one.moves);
        row["failed_acquires"] = to_json(one.failed);
        row["longest_wait_seconds"] = to_json(one.longest_wait_seconds);
        row["lost_sessions"] = to_json(one.lost);
        row["series"] = to_json(one.series);
        models.push_back(std::move(row));
    }
    return {{"scenario", scenario_json(report.request)}, {"models", std::move(models)}};
}

exit_code run(const simulate_request& request, std::ostream& out, std::ostream& err) {
    const simulate_report report = simulate(request);
    out << (request.json ? json_text(to_json(report)) + "\n" : to_text(report));
    if (request.svg.empty()) return exit_code::ok;
    std::ofstream file(request.svg, std::ios::binary);
    file << draw(report);
    if (file.flush()) return exit_code::ok;
    err << "podpool simulate: " << request.svg << " can't be written\n";
    return exit_code::failed;
}

}  // namespace podpool::cli
