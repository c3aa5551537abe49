// SPDX-License-Identifier: BSL-1.0
#include "cli/simulate_arguments.hpp"

#include "cli/argument_values.hpp"
#include "cli/usage_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace podpool::cli {

namespace {

using namespace std::chrono_literals;
using simulation::load_kind;
using simulation::model;

constexpr std::chrono::nanoseconds longest = 24h * 7;
constexpr std::size_t most_simulated_clients = 100'000;
constexpr std::size_t most_pods = 10'000;

void add_text(CLI::App& verb, const std::string& name, std::string& into, const std::string& type,
              const std::string& meaning) {
    CLI::Option* const option = verb.add_option(name, into, meaning)->type_name(type);
    if (!into.empty()) option->default_str(into);
}

void add_list(CLI::App& verb, const std::string& name, std::vector<std::string>& into,
              const std::string& type, const std::string& meaning) {
    verb.add_option(name, into, meaning)->type_name(type)->allow_extra_args(false)->take_all();
}

std::chrono::nanoseconds time_of(const std::string& option, const std::string& text,
                                 std::chrono::nanoseconds least, std::chrono::nanoseconds most = longest) {
    return read_duration(option, text, least, most, false);
}

simulation::scale_event read_scale(const std::string& text) {
    const std::size_t colon = text.find(':');
    const std::string count = colon == std::string::npos ? "" : text.substr(colon + 1);
    if (count.size() < 2 || (count[0] != '+' && count[0] != '-')) {
        throw usage_error("--scale: expected a time and pods that come or go, such as 10m:+1 or 1h:-2, not " +
                          shown_argument(text));
    }
    const std::size_t pods = read_count("--scale", count.substr(1), 1, most_pods);
    const long change = static_cast<long>(pods);
    return {time_of("--scale", text.substr(0, colon), 1s), count[0] == '+' ? change : -change};
}

std::vector<simulation::scale_event> read_scales(const std::vector<std::string>& texts, std::size_t pods) {
    if (texts.empty()) return {{40min, 1}};
    if (texts.size() == 1 && texts.front() == "none") return {};
    std::vector<simulation::scale_event> events;
    for (const std::string& text : texts) {
        const simulation::scale_event added = read_scale(text);
        // By time; of the same time as they were given.
        events.insert(std::upper_bound(events.begin(), events.end(), added,
                                       [](const auto& a, const auto& b) { return a.at < b.at; }),
                      added);
    }
    long left = static_cast<long>(pods);
    for (const simulation::scale_event& one : events) {
        left += one.change;
        if (left < 1) throw usage_error("--scale: expected at least one pod to be left at any time");
    }
    return events;
}

load_kind read_load(const std::string& text) {
    for (const load_kind kind : {load_kind::idle, load_kind::steady, load_kind::bursty}) {
        if (text == to_string(kind)) return kind;
    }
    throw usage_error("--load: expected idle, steady or bursty, not " + shown_argument(text));
}

std::vector<const model*> read_models(const std::vector<std::string>& texts) {
    static constexpr std::array usual{"kube-proxy", "ipvs-lc", "lifetime-2.5", "podpool"};
    std::vector<const model*> models;
    if (texts.empty()) {
        for (const char* const name : usual) models.push_back(simulation::find_model(name));
        return models;
    }
    for (const std::string& text : texts) {
        if (text == "all") {
            for (const model& one : simulation::all_models()) models.push_back(&one);
            continue;
        }
        const model* const found = simulation::find_model(text);
        if (found == nullptr) {
            std::string known;
            for (const model& one : simulation::all_models()) known.append(one.name).append(", ");
            throw usage_error("--model: expected one of " + known + "all, not " + shown_argument(text));
        }
        models.push_back(found);
    }
    return models;
}

void read_setting(const std::string& text, simulation::plan& into) {
    const std::size_t equals = text.find('=');
    if (!text.starts_with("pool_") || equals == std::string::npos) {
        throw usage_error("--set: expected a pool option and its value, such as pool_rebalance=off");
    }
    into.pool_options[text.substr(0, equals)] = text.substr(equals + 1);
}

}  // namespace

void simulate_arguments::add_to(CLI::App& app) {
    CLI::App* const verb = app.add_subcommand(
        "simulate", "Plays ways to spread sessions over pods in virtual time and compares them.");
    verb->add_flag("--json", json, "Print JSON instead of text")->disable_flag_override();
    add_text(*verb, "--clients", clients, "N", "Processes with a pool");
    add_text(*verb, "--sessions", sessions, "K", "Sessions that each of them keeps open");
    add_text(*verb, "--pods", pods, "M", "Database pods at the start");
    add_list(
        *verb, "--scale", scale, "TIME:+N|-N",
        "Pods that come or go, so long after the start; may be given again; none: none (default: 40m:+1)");
    add_text(*verb, "--duration", duration, "D",
             "How long (default: 40m after the last scale event, or 80m)");
    add_text(*verb, "--lifetime", lifetime, "D", "Max lifetime of a session, where the model has one");
    add_text(*verb, "--jitter", jitter, "P|D", "pool_max_conn_lifetime_jitter of podpool (default: 25%)");
    add_text(*verb, "--dns-ttl", dns_ttl, "D", "Time to live of DNS answers");
    add_text(*verb, "--dns-cache", dns_cache, "D",
             "How long the cluster's two resolvers keep an answer, at most its TTL; 0s: they don't");
    add_text(*verb, "--watch-delay", watch_delay, "D",
             "How late a client learns of a change with pool_discovery=kubernetes, at most");
    add_text(*verb, "--totals-age", totals_age, "D", "How old the session count is that a pod tells");
    add_text(*verb, "--start-over", start_over, "D", "Clients start at random within this time");
    add_text(*verb, "--clients-per-node", clients_per_node, "N", "Clients that share one node's IPVS");
    add_text(*verb, "--load", load, "KIND",
             "What podpool's callers do: idle; steady (one per client, 1 to 20 ms of work, 0.1 to 2 s "
             "pause); bursty (two per session at once, every 10 to 30 s)");
    add_list(*verb, "--at", looks, "D",
             "When to look at the balance, after the last scale event or the start; may be given again "
             "(default: 60s and 2m)");
    add_list(
        *verb, "--model", models, "NAME",
        "What to compare; may be given again; all: every one (default: kube-proxy, ipvs-lc, lifetime-2.5, "
        "podpool)");
    add_list(*verb, "--set", settings, "KEY=VALUE", "Option of podpool's pools; may be given again");
    add_text(*verb, "--seed", seed, "N", "First seed; the same seed gives the same output");
    add_text(*verb, "--seeds", seeds, "N", "How many seeds, to show median and worst");
    add_text(*verb, "--svg", svg, "FILE", "Write plots of the first seed");
    std::string footer = "Models:\n";
    for (const model& one : simulation::all_models()) {
        footer += "  " + std::string(one.name) + std::string(22 - one.name.size(), ' ') +
                  std::string(one.meaning) + "\n";
    }
    verb->footer(footer);
}

simulate_request simulate_arguments::read() const {
    simulate_request request;
    simulation::plan& plan = request.scenario;
    plan.clients = read_count("--clients", clients, 1, most_simulated_clients);
    plan.sessions = read_count("--sessions", sessions, 1, 1000);
    plan.pods = read_count("--pods", pods, 1, most_pods);
    plan.scale = read_scales(scale, plan.pods);
    const auto length = plan.scale.empty() ? std::chrono::nanoseconds(80min) : plan.reference() + 40min;
    plan.length = duration.empty() ? length : time_of("--duration", duration, 1s);
    if (plan.length < plan.reference()) {
        throw usage_error("--duration: expected at least the time of the last --scale");
    }
    plan.lifetime = time_of("--lifetime", lifetime, 1s);
    plan.dns_ttl = time_of("--dns-ttl", dns_ttl, 1s);
    plan.dns_cache = time_of("--dns-cache", dns_cache, 0s);
    plan.watch_delay = time_of("--watch-delay", watch_delay, 0s);
    plan.totals_age = time_of("--totals-age", totals_age, 0s);
    plan.start_over = time_of("--start-over", start_over, 0s, plan.length);
    plan.clients_per_node = read_count("--clients-per-node", clients_per_node, 1, most_simulated_clients);
    plan.load = read_load(load);
    if (!looks.empty()) plan.looks.clear();
    for (const std::string& text : looks) plan.looks.push_back(time_of("--at", text, 1s));
    if (!jitter.empty()) plan.pool_options["pool_max_conn_lifetime_jitter"] = jitter;
    for (const std::string& text : settings) read_setting(text, plan);
    request.models = read_models(models);
    request.first_seed = read_count("--seed", seed, 0, 1'000'000'000);
    request.seeds = read_count("--seeds", seeds, 1, 1000);
    request.json = json;
    request.svg = svg;
    return request;
}

}  // namespace podpool::cli
