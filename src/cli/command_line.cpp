// SPDX-License-Identifier: BSL-1.0
#include "cli/command_line.hpp"

#include "cli/argument_values.hpp"
#include "cli/help_text.hpp"
#include "cli/simulate_arguments.hpp"
#include "cli/usage_error.hpp"

#include <podpool/detail/nearest.hpp>
#include <podpool/version.hpp>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <ostream>
#include <string_view>
#include <utility>

namespace podpool::cli {

namespace {

using std::chrono::nanoseconds;

constexpr std::size_t most_clients = 10'000;
constexpr nanoseconds shortest_run = std::chrono::milliseconds(1);
constexpr nanoseconds longest_run = std::chrono::days(1);
constexpr nanoseconds shortest_interval = std::chrono::milliseconds(50);
constexpr nanoseconds longest_interval = std::chrono::hours(1);

// Defaults as --help shows them.
constexpr const char* bench_clients = "8";
constexpr const char* bench_seconds = "5";
constexpr const char* watch_clients = "0";

/// What CLI11 writes to; texts are read afterwards, so that no message quotes what it shouldn't.
struct raw_arguments {
    std::string uri;
    std::string clients;
    std::string seconds;
    std::string interval = "1s";
    std::string sql = "select 1";
    bool json = false;
    bool watch = false;
    bool coroutines = false;
    simulate_arguments simulate;
};

CLI::App* add_verb(CLI::App& app, raw_arguments& raw, const std::string& name,
                   const std::string& description) {
    CLI::App* const verb = app.add_subcommand(name, description);
    verb->add_option("URI", raw.uri, "Connection string; if missing, the environment variable PODPOOL_URI");
    verb->add_flag("--json", raw.json, "Print JSON instead of text")->disable_flag_override();
    return verb;
}

void add_value(CLI::App& verb, const std::string& name, std::string& into, const std::string& type,
               const std::string& meaning, const std::string& standard = {}) {
    CLI::Option* const option = verb.add_option(name, into, meaning)->type_name(type);
    if (!standard.empty()) option->default_str(standard);
}

void add_load(CLI::App& verb, raw_arguments& raw, const std::string& clients) {
    add_value(verb, "--clients", raw.clients, "N", "Callers that query at the same time", clients);
    add_value(verb, "--sql", raw.sql, "Q", "The statement that they repeat", raw.sql);
    verb.add_flag("--async", raw.coroutines, "Callers are coroutines on one thread, not a thread each")
        ->disable_flag_override();
}

void add_verbs(CLI::App& app, raw_arguments& raw) {
    add_verb(app, raw, "parse", "Shows what a connection string says: pool options and driver parameters.")
        ->footer(pool_options_text());
    add_verb(app, raw, "resolve", "Finds the endpoints behind a connection string.")
        ->add_flag("--watch", raw.watch, "Print every change until interrupted")
        ->disable_flag_override();
    add_verb(app, raw, "check", "Opens one connection to each endpoint and says how that went.");
    CLI::App* const bench = add_verb(app, raw, "bench",
                                     "Queries through a pool and shows throughput, "
                                     "latencies, errors and the spread over endpoints.");
    add_load(*bench, raw, bench_clients);
    add_value(*bench, "--seconds", raw.seconds, "S", "How long", bench_seconds);
    CLI::App* const watch = add_verb(app, raw, "watch", "Shows a pool's state again and again.");
    add_load(*watch, raw, watch_clients);
    add_value(*watch, "--interval", raw.interval, "D", "Time between two tables, with a unit", raw.interval);
    add_value(*watch, "--seconds", raw.seconds, "S", "How long; if missing, until interrupted");
    raw.simulate.add_to(app);
}

/// An option's name as far as it looks like one, without what may stand behind it.
std::string shown_option(std::string_view argument) {
    const std::size_t length =
        std::min(argument.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::size_t{20});
    return std::string(argument.substr(0, length));
}

struct candidate {
    std::string key;
};

/// `; did you mean ...?`, if there is something near enough.
std::string suggestion(const std::string& given, const std::vector<candidate>& known) {
    const std::string& best = detail::nearest(given, known).key;
    return detail::edit_distance(given, best) <= 2 ? "; did you mean " + best + "?" : "";
}

std::vector<candidate> verb_names(const CLI::App& app) {
    std::vector<candidate> names;
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back({verb->get_name()});
    }
    return names;
}

[[noreturn]] void refuse_verb(const CLI::App& app, const std::string& given) {
    std::string expected;
    const std::vector<candidate> known = verb_names(app);
    for (const candidate& one : known) expected += (expected.empty() ? "" : ", ") + one.key;
    const bool is_word = given.size() <= 20 && std::all_of(given.begin(), given.end(), [](char c) {
                             return std::islower(static_cast<unsigned char>(c)) != 0;
                         });
    if (given.empty() || !is_word) {
        throw usage_error("expected a verb first: " + expected + " (see podpool --help)");
    }
    throw usage_error("unknown verb " + given + suggestion(given, known) + "; expected one of " + expected);
}

[[noreturn]] void refuse_extra(const CLI::App& verb, const std::string& given) {
    const std::string where = verb.get_name() + ": ";
    const std::string help = " (see podpool " + verb.get_name() + " --help)";
    if (!given.starts_with('-') && verb.get_option_no_throw("URI") == nullptr) {
        throw usage_error(where + "expected options only" + help);
    }
    if (!given.starts_with('-')) {
        throw usage_error(where + "expected one connection string; put one with blanks in quotes" + help);
    }
    std::vector<candidate> known;
    for (const CLI::Option* option : verb.get_options()) {
        if (!option->get_positional()) known.push_back({"--" + option->get_lnames().front()});
    }
    const std::string shown = shown_option(given);
    throw usage_error(where + "unknown option " + shown + suggestion(shown, known) + help);
}

/// What CLI11 throws may quote arguments; what comes from here doesn't.
void parse(CLI::App& app, int argument_count, const char* const* arguments) {
    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::ArgumentMismatch& wrong) {
        const std::string_view problem = wrong.what();
        const bool flag = problem.find("flag override") != std::string_view::npos;
        throw usage_error(flag ? "an option that takes no value was given one" : std::string(problem));
    } catch (const CLI::Success&) {
        throw;
    } catch (const CLI::ParseError&) {
        throw usage_error("the arguments can't be read (see podpool --help)");
    }
    const auto verbs = app.get_subcommands();
    if (const auto extra = app.remaining(false); verbs.empty() || !extra.empty()) {
        refuse_verb(app, extra.empty() ? "" : extra.front());
    }
    if (const auto extra = verbs.front()->remaining(); !extra.empty())
        refuse_extra(*verbs.front(), extra.front());
}

std::string target_of(const CLI::App& verb, const raw_arguments& raw) {
    if (verb.count("URI") > 0) return raw.uri;
    if (const char* const from_environment = std::getenv("PODPOOL_URI"); from_environment != nullptr) {
        return from_environment;
    }
    throw usage_error(verb.get_name() +
                      ": no connection string; expected it as an argument or in PODPOOL_URI (\"\" means what "
                      "libpq's environment variables say)");
}

load_request read_load(const raw_arguments& raw, const std::string& standard_clients, std::size_t least) {
    load_request load;
    load.clients =
        read_count("--clients", raw.clients.empty() ? standard_clients : raw.clients, least, most_clients);
    load.sql = raw.sql;
    load.coroutines = raw.coroutines;
    return load;
}

request make_request(const CLI::App& verb, const raw_arguments& raw) {
    const std::string& name = verb.get_name();
    if (name == "simulate") return raw.simulate.read();
    const std::string uri = target_of(verb, raw);
    if (name == "parse") return parse_request{uri, raw.json};
    if (name == "resolve") return resolve_request{uri, raw.json, raw.watch};
    if (name == "check") return check_request{uri, raw.json};
    if (name == "bench") {
        const std::string seconds = raw.seconds.empty() ? bench_seconds : raw.seconds;
        return bench_request{uri, raw.json, read_load(raw, bench_clients, 1),
                             read_duration("--seconds", seconds, shortest_run, longest_run, true)};
    }
    watch_request result{uri, raw.json, read_load(raw, watch_clients, 0), {}, {}};
    result.interval = read_duration("--interval", raw.interval, shortest_interval, longest_interval, false);
    if (!raw.seconds.empty()) {
        result.duration = read_duration("--seconds", raw.seconds, shortest_run, longest_run, true);
    }
    return result;
}

}  // namespace

request read_command_line(int argument_count, const char* const* arguments) {
    raw_arguments raw;
    CLI::App app("Looks at what podpool does with a connection string.", "podpool");
    app.formatter(std::make_shared<help_text>());
    app.set_help_flag("-h,--help", "Print this help and exit");
    app.set_version_flag("--version", "podpool " PODPOOL_VERSION, "Print the version and exit");
    app.require_subcommand(0, 1);
    app.allow_extras();
    app.footer(
        "A URI is postgresql://..., mysql://... or mariadb://..., or PostgreSQL's keywords and values;\n"
        "\"podpool parse --help\" lists the pool's own keys. Others can see arguments in a list of\n"
        "processes: put a password into PODPOOL_URI (PostgreSQL: also PGPASSWORD or a password file).\n"
        "Exit codes: 0 ok, 1 the thing failed, 2 bad usage or a bad connection string.\n");
    add_verbs(app, raw);
    try {
        parse(app, argument_count, arguments);
    } catch (const CLI::CallForVersion& version) {
        return print_request{std::string(version.what()) + "\n"};
    } catch (const CLI::Success&) {
        return print_request{app.help()};
    }
    return make_request(*app.get_subcommands().front(), raw);
}

exit_code run(const print_request& request, std::ostream& out, std::ostream&) {
    out << request.text;
    return exit_code::ok;
}

}  // namespace podpool::cli
