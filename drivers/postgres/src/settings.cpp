// SPDX-License-Identifier: BSL-1.0
#include "settings.hpp"

#include "errors.hpp"
#include "masking.hpp"

#include <podpool/detail/connection_string.hpp>
#include <podpool/detail/english_texts.hpp>
#include <podpool/detail/foreign_keys.hpp>
#include <podpool/detail/host_list.hpp>
#include <podpool/detail/option_message.hpp>
#include <podpool/error.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

namespace podpool::detail {

namespace {

using option_list = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;
using unopened_connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using value_map = std::map<std::string, secret>;

// libpq checks every value before it looks at this one, and this one is never right: so it tells what is
// wrong and fills in environment, service file and defaults, and opens nothing.
constexpr const char* never_valid = "podpool-never-connects";

/// A default that isn't libpq's.
struct own_default {
    const char* keyword;
    const char* value;
};

// A peer that is gone without a word is noticed after 20 s of unanswered data or 40 s of silence.
constexpr std::array own_defaults{
    own_default{"client_encoding", "UTF8"},   own_default{"keepalives_idle", "30"},
    own_default{"keepalives_interval", "10"}, own_default{"keepalives_count", "3"},
    own_default{"tcp_user_timeout", "20000"},
};

[[noreturn]] void invalid(const std::string& reason) {
    throw error(errc::invalid_options, plain_line("PostgreSQL connection string: " + reason));
}

/// What PQconninfoParse says about a string; only ever shown for a masked one.
option_list parse(const char* text, std::string& problem) {
    char* message = nullptr;
    option_list parsed(PQconninfoParse(text, &message), &PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(message, &PQfreemem);
    if (!parsed) problem = message == nullptr ? "out of memory" : trimmed(message);
    return parsed;
}

value_map values_of(const PQconninfoOption* option) {
    value_map values;
    for (; option != nullptr && option->keyword != nullptr; ++option) {
        if (option->val != nullptr && *option->val != '\0') values[option->keyword] = secret(option->val);
    }
    return values;
}

/// What to write instead of another library's keys that libpq doesn't know.
std::string hint_at_keys(std::string_view text) {
    const option_list known(PQconndefaults(), &PQconninfoFree);
    const auto is_known = [&known](std::string_view key) {
        for (const PQconninfoOption* option = known.get(); option != nullptr && option->keyword != nullptr;
             ++option) {
            if (option->keyword == key) return true;
        }
        return false;
    };
    std::string hint;
    for (const std::string& key : split_connection_string(text).driver_keys) {
        const std::string_view advice = advice_for(key);
        if (!advice.empty() && !is_known(key)) hint.append("; ").append(key).append(": ").append(advice);
    }
    return hint;
}

value_map user_values(const secret& text) {
    // libpq would take it for a keyword, and quote it with whatever password it holds.
    const std::size_t scheme = scheme_length(text.reveal());
    if (scheme > 0 && !is_postgres_uri(text.reveal())) {
        invalid("the scheme is \"" + std::string(text.reveal().substr(0, scheme)) +
                "\"; expected postgresql:// or postgres://");
    }
    if (is_postgres_uri(text.reveal()) && has_stray_at(text.reveal())) {
        invalid(
            "more than one \"@\" before the \"?\"; in a user name, a password or a database, write @ as %40, "
            "/ as %2F and ? as %3F");
    }
    std::string problem;
    const option_list parsed = parse(text.reveal_c_str(), problem);
    if (parsed) return values_of(parsed.get());

    // The message may quote a part of the password: show the one about a string without passwords.
    problem.clear();
    parse(masked(text.reveal()).c_str(), problem);
    if (problem.empty())
        invalid("the password, or something after it, is malformed; quote it or percent-encode it");
    invalid(problem + hint_at_keys(text.reveal()));
}

/// Fills in what the user left out; `spoiled` is the keyword that keeps libpq from connecting.
value_map with_defaults(value_map values, const std::string& spoiled) {
    values[spoiled] = secret(never_valid);
    std::vector<const char*> keywords;
    std::vector<const char*> texts;
    for (const auto& [keyword, value] : values) {
        keywords.push_back(keyword.c_str());
        texts.push_back(value.reveal_c_str());
    }
    keywords.push_back(nullptr);
    texts.push_back(nullptr);
    const unopened_connection unopened(PQconnectStartParams(keywords.data(), texts.data(), 0), &PQfinish);
    if (!unopened) invalid("out of memory");
    const std::string problem = PQerrorMessage(unopened.get());
    if (problem.find(never_valid) == std::string::npos) invalid(tidy_connect_message(problem));

    const option_list options(PQconninfo(unopened.get()), &PQconninfoFree);
    value_map result = values_of(options.get());
    result.erase(spoiled);
    // Without any host it is the socket directory that libpq was built with.
    if (result["host"].empty() && result["hostaddr"].empty()) {
        result["host"] = secret(PQhost(unopened.get()));
    }
    return result;
}

std::string take(value_map& values, const std::string& keyword) {
    const auto found = values.find(keyword);
    if (found == values.end()) return {};
    std::string text(found->second.reveal());
    values.erase(found);
    return text;
}

/// The lists have equal lengths, or one port for all: libpq has checked that.
std::vector<discovery_target> take_targets(value_map& values) {
    constexpr std::uint16_t usual_port = 5432;
    const host_list list{take(values, "host"), take(values, "hostaddr"), take(values, "port")};
    return read_targets(list, usual_port, invalid);
}

session_attrs read_session_attrs(const std::string& text) {
    if (text.empty()) return session_attrs::any;
    const auto attrs = parse_session_attrs(text);
    if (!attrs) {
        invalid("target_session_attrs is \"" + text + "\"; " + std::string(session_attrs_expected));
    }
    return *attrs;
}

void set_application_name(value_map& values, const std::string& pool_name, const std::string& label) {
    const std::string fallback = take(values, "fallback_application_name");
    secret& name = values["application_name"];
    if (!name.empty()) return;
    name = secret(!pool_name.empty() ? pool_name : !fallback.empty() ? fallback : label);
}

}  // namespace

postgres_settings read_settings(const options& pool) {
    const english_texts english;
    postgres_settings settings;
    settings.pool = pool;
    settings.cluster = std::make_shared<cluster_identity>(pool.verify_cluster);
    const value_map given = user_values(pool.driver_string);
    value_map values = with_defaults(given, "target_session_attrs");
    // The same once more for the keyword that kept the first run from connecting.
    value_map others = with_defaults(given, "gssencmode");
    settings.wanted = read_session_attrs(take(others, "target_session_attrs"));
    if (const std::string mode = take(values, "gssencmode"); mode == "require") {
        invalid("gssencmode=require isn't supported; expected disable or prefer");
    }
    for (const own_default& own : own_defaults) {
        secret& value = values[own.keyword];
        if (value.empty()) value = secret(own.value);
    }
    values["gssencmode"] = secret("disable");
    take(values, "load_balance_hosts");
    take(values, std::string(connect_timeout_key));  // options::parse() has read it
    take(values, "service");
    take(values, "servicefile");

    for (const auto& [keyword, value] : values) {
        settings.shown[keyword] = is_secret_keyword(keyword) ? mask : value.reveal();
    }
    settings.shown["target_session_attrs"] = to_string(settings.wanted);
    settings.targets = take_targets(values);
    settings.label = make_label(settings.targets, settings.shown["dbname"]);
    set_application_name(values, pool.name, settings.label);
    settings.shown["application_name"] = values["application_name"].reveal();
    for (auto& [keyword, value] : values) settings.parameters.emplace_back(keyword, std::move(value));
    return settings;
}

}  // namespace podpool::detail
