// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/balance_policy.hpp>
#include <podpool/detail/choices.hpp>
#include <podpool/detail/connection_string.hpp>
#include <podpool/detail/dns_server_list.hpp>
#include <podpool/detail/duration_text.hpp>
#include <podpool/detail/nearest.hpp>
#include <podpool/detail/option_message.hpp>
#include <podpool/detail/share_text.hpp>
#include <podpool/discovery_kind.hpp>
#include <podpool/options.hpp>
#include <podpool/reset_mode.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// The one table of options. Parser, validate(), option_values(), docs/options.md, the command's help and
// the golden file tests/golden/option_names.txt are all made from it: a new option is one more row here.
//
// Each kind of field has: `kind`; range(), the values as the docs name them; expected(), the same as the end
// of an error message; read(), which sets the field from text; text(), which prints it so that read() takes
// it; and check(), which validates it wherever the value came from.

namespace podpool::detail {

/// Options while they are read.
struct option_draft {
    options result;
    /// A jitter given as a share (see share_text.hpp): the lifetime may come later in the string.
    std::optional<std::uint64_t> jitter_share;
};

/// Refuses a value; `shown` is the value as the message has it.
template <class Field>
[[noreturn]] void refuse_value(std::string_view key, const Field& field, const std::string& shown,
                               std::string_view problem) {
    std::string text(key);
    refuse(text.append(": ").append(shown).append(" ").append(problem).append("; expected ") +
           field.expected());
}

/// Reads a size, or refuses the text.
template <class Field>
std::size_t read_size(std::string_view key, const Field& field, std::string_view text) {
    std::string_view rest = text;
    const std::string_view digits = take_while(rest, is_digit);
    if (text.size() > 1 && text[0] == '-' && is_digit(text[1])) {
        refuse_value(key, field, shown_value(text), "is negative");
    }
    if (digits.empty() || !rest.empty()) {
        refuse_value(key, field, shown_value(text), "is not a whole number");
    }
    std::uint64_t number = 0;
    if (!append_digits(digits, std::numeric_limits<std::size_t>::max(), number)) {
        refuse_value(key, field, shown_value(text), "is too large");
    }
    return static_cast<std::size_t>(number);
}

/// Refuses a value outside of its range, with the value as `shown` in the message.
template <class Field, class Value>
void check_range(std::string_view key, const Field& field, const std::string& shown, Value value) {
    if (value < field.min) refuse_value(key, field, shown, "is too small");
    if (value > field.max) refuse_value(key, field, shown, "is too large");
}

struct size_field {
    static constexpr std::string_view kind = "size";
    std::size_t options::* member;
    std::size_t min;
    std::size_t max;

    [[nodiscard]] std::string range() const { return std::to_string(min) + " to " + std::to_string(max); }
    [[nodiscard]] std::string expected() const { return "a whole number from " + range(); }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        draft.result.*member = read_size(key, *this, text);
        check_range(key, *this, shown_value(text), draft.result.*member);
    }
    [[nodiscard]] std::string text(const options& from) const { return std::to_string(from.*member); }
    void check(std::string_view key, const options& current) const {
        check_range(key, *this, text(current), current.*member);
    }
};

/// A share of a hundred, written as `5%`.
struct percent_field {
    static constexpr std::string_view kind = "percentage";
    std::size_t options::* member;
    std::size_t min;
    std::size_t max;

    [[nodiscard]] std::string range() const {
        return std::to_string(min) + "% to " + std::to_string(max) + "%";
    }
    [[nodiscard]] std::string expected() const { return "a whole percentage from " + range(); }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        if (!text.ends_with('%')) refuse_value(key, *this, shown_value(text), "has no % sign");
        draft.result.*member = read_size(key, *this, text.substr(0, text.size() - 1));
        check_range(key, *this, shown_value(text), draft.result.*member);
    }
    [[nodiscard]] std::string text(const options& from) const { return std::to_string(from.*member) + "%"; }
    void check(std::string_view key, const options& current) const {
        check_range(key, *this, text(current), current.*member);
    }
};

/// Refuses a size above max_conns.
template <class Field>
void check_below_max_conns(std::string_view key, const Field& field, std::size_t value,
                           const options& current) {
    if (value <= current.max_conns) return;
    refuse_value(key, field, std::to_string(value),
                 "is above pool_max_conns, which is " + std::to_string(current.max_conns));
}

/// A size up to max_conns.
struct minimum_field {
    static constexpr std::string_view kind = "size";
    std::size_t options::* member;

    [[nodiscard]] static std::string range() { return "0 to pool_max_conns"; }
    [[nodiscard]] static std::string expected() { return "a whole number from " + range(); }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        draft.result.*member = read_size(key, *this, text);
    }
    [[nodiscard]] std::string text(const options& from) const { return std::to_string(from.*member); }
    void check(std::string_view key, const options& current) const {
        check_below_max_conns(key, *this, current.*member, current);
    }
};

/// A size up to max_conns that need not be set.
struct endpoint_bound_field {
    static constexpr std::string_view kind = "size";
    static constexpr std::string_view unset = "none";
    std::optional<std::size_t> options::* member;

    [[nodiscard]] static std::string range() { return "1 to pool_max_conns, or none"; }
    [[nodiscard]] static std::string expected() { return "a whole number from " + range(); }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        draft.result.*member = std::nullopt;
        if (text != unset) draft.result.*member = read_size(key, *this, text);
    }
    [[nodiscard]] std::string text(const options& from) const {
        return from.*member ? std::to_string(*(from.*member)) : std::string(unset);
    }
    void check(std::string_view key, const options& current) const {
        if (!(current.*member)) return;
        if (*(current.*member) == 0) refuse_value(key, *this, "0", "is too small");
        check_below_max_conns(key, *this, *(current.*member), current);
    }
};

struct duration_field {
    static constexpr std::string_view kind = "duration";
    std::chrono::nanoseconds options::* member;
    std::chrono::nanoseconds min;
    std::chrono::nanoseconds max;

    [[nodiscard]] std::string range() const { return duration_text(min) + " to " + duration_text(max); }
    [[nodiscard]] std::string expected() const {
        return "a duration such as 250ms, 30s or 1h30m, from " + range();
    }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        const parsed_duration parsed = parse_duration(text);
        if (!parsed.problem.empty()) refuse_value(key, *this, shown_value(text), parsed.problem);
        check_range(key, *this, shown_value(text), parsed.value);
        draft.result.*member = parsed.value;
    }
    [[nodiscard]] std::string text(const options& from) const { return duration_text(from.*member); }
    void check(std::string_view key, const options& current) const {
        check_range(key, *this, text(current), current.*member);
    }
};

/// A duration or a share of the lifetime, below the lifetime.
struct jitter_field {
    static constexpr std::string_view kind = "duration or percentage";
    std::optional<std::chrono::nanoseconds> options::* member;

    [[nodiscard]] static std::string range() {
        return "0s to below pool_max_conn_lifetime, or 0% to below 100%";
    }
    [[nodiscard]] static std::string expected() {
        return "a duration such as 5m or a percentage such as 10%, from 0 to below pool_max_conn_lifetime";
    }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        if (text.ends_with('%')) {
            const parsed_share share = parse_share(text);
            if (!share.problem.empty()) refuse_value(key, *this, shown_value(text), share.problem);
            draft.jitter_share = share.value;
            return;
        }
        const parsed_duration parsed = parse_duration(text);
        if (!parsed.problem.empty()) refuse_value(key, *this, shown_value(text), parsed.problem);
        draft.result.*member = parsed.value;
    }
    [[nodiscard]] static std::string text(const options& from) {
        return duration_text(from.effective_jitter());
    }
    void check(std::string_view key, const options& current) const {
        if (!(current.*member)) return;
        const std::chrono::nanoseconds jitter = *(current.*member);
        if (jitter < std::chrono::nanoseconds::zero()) {
            refuse_value(key, *this, duration_text(jitter), "is negative");
        }
        if (jitter < current.max_conn_lifetime) return;
        refuse_value(
            key, *this, duration_text(jitter),
            "is not below pool_max_conn_lifetime, which is " + duration_text(current.max_conn_lifetime));
    }
};

/// One of a few names.
template <class Enum>
struct choice_field {
    static constexpr std::string_view kind = "choice";
    Enum options::* member;
    std::span<const choice<Enum>> choices;
    /// A name that a later version will know, for a better message.
    std::string_view later;

    [[nodiscard]] std::string range() const {
        std::string names;
        for (const choice<Enum>& one : choices) names.append(names.empty() ? "" : ", ").append(one.name);
        return names;
    }
    [[nodiscard]] std::string expected() const { return "one of " + range(); }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        const auto found = std::find_if(choices.begin(), choices.end(),
                                        [text](const choice<Enum>& one) { return one.name == text; });
        if (found == choices.end()) {
            refuse_value(key, *this, shown_value(text),
                         text == later ? "is not in this version of podpool yet" : "is unknown");
        }
        draft.result.*member = found->value;
    }
    [[nodiscard]] std::string text(const options& from) const {
        for (const choice<Enum>& one : choices) {
            if (one.value == from.*member) return std::string(one.name);
        }
        return std::to_string(static_cast<int>(from.*member));
    }
    void check(std::string_view key, const options& current) const {
        const bool known = std::any_of(choices.begin(), choices.end(),
                                       [&](const choice<Enum>& one) { return one.value == current.*member; });
        if (!known) refuse_value(key, *this, text(current), "is unknown");
    }
};

/// `ip:port,...`, kept as it is written; parse_dns_servers() takes it apart.
struct dns_servers_field {
    static constexpr std::string_view kind = "list";
    static constexpr std::string_view unset = "system";
    std::string options::* member;

    [[nodiscard]] static std::string range() { return "ip:port,... or system"; }
    [[nodiscard]] static std::string expected() {
        return "ip:port,... such as 10.0.0.10 or 10.0.0.10:53,[fd00::10]:53, or system";
    }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        draft.result.*member = text == unset ? std::string_view{} : text;
        check(key, draft.result);
    }
    [[nodiscard]] std::string text(const options& from) const {
        return (from.*member).empty() ? std::string(unset) : from.*member;
    }
    void check(std::string_view key, const options& current) const {
        const parsed_dns_servers parsed = parse_dns_servers(current.*member);
        if (parsed.problem.empty()) return;
        refuse(std::string(key) + ": " + parsed.problem + "; expected " + expected());
    }
};

struct name_field {
    static constexpr std::string_view kind = "text";
    static constexpr std::size_t longest = 63;
    std::string options::* member;

    [[nodiscard]] static std::string range() {
        return "1 to 63 printable ASCII characters except ' \" and \\";
    }
    [[nodiscard]] static std::string expected() { return range(); }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        draft.result.*member = text;
        check(key, draft.result);
    }
    [[nodiscard]] std::string text(const options& from) const {
        return (from.*member).empty() ? "host:port/db" : from.*member;
    }
    void check(std::string_view key, const options& current) const {
        const std::string& name = current.*member;
        if (name.size() > longest) refuse_value(key, *this, shown_value(name), "is too long");
        const bool good = std::all_of(name.begin(), name.end(), [](char c) {
            return c >= ' ' && c <= '~' && c != '\'' && c != '"' && c != '\\';
        });
        if (!good) refuse_value(key, *this, shown_value(name), "holds a character that is not allowed");
    }
};

using option_field =
    std::variant<size_field, percent_field, choice_field<bool>, minimum_field, endpoint_bound_field,
                 duration_field, jitter_field, choice_field<discovery_kind>, choice_field<balance_policy>,
                 choice_field<reset_mode>, dns_servers_field, name_field>;

/// One option: a row of the table.
struct option_row {
    /// The key in connection strings.
    std::string_view key;
    /// The default in words; empty: the text of the default value.
    std::string_view default_words;
    /// What the option does, in a sentence or two.
    std::string_view meaning;
    option_field field;

    [[nodiscard]] std::string_view kind() const {
        return std::visit([](const auto& one) { return one.kind; }, field);
    }
    [[nodiscard]] std::string range() const {
        return std::visit([](const auto& one) { return one.range(); }, field);
    }
    [[nodiscard]] std::string default_text() const {
        return default_words.empty() ? value_text(options{}) : std::string(default_words);
    }
    [[nodiscard]] std::string value_text(const options& from) const {
        return std::visit([&](const auto& one) { return one.text(from); }, field);
    }
    [[nodiscard]] bool same(const options& left, const options& right) const {
        return std::visit([&](const auto& one) { return left.*one.member == right.*one.member; }, field);
    }
    void read(option_draft& draft, std::string_view text) const {
        std::visit([&](const auto& one) { one.read(draft, key, text); }, field);
    }
    void check(const options& current) const {
        std::visit([&](const auto& one) { one.check(key, current); }, field);
    }
    [[noreturn]] void refuse_empty() const {
        refuse(std::string(key) + ": the value is empty; expected " +
               std::visit([](const auto& one) { return one.expected(); }, field));
    }
};

inline constexpr std::chrono::nanoseconds longest_age = std::chrono::days(3650);

inline constexpr std::array option_table{
    option_row{"pool_max_conns", "max(4, cores)",
               "Upper bound of open and opening connections over all endpoints together.",
               size_field{&options::max_conns, 1, 100'000}},
    option_row{"pool_min_conns", "", "Connections that are kept open.", minimum_field{&options::min_conns}},
    option_row{"pool_min_idle_conns", "", "Connections that are kept idle, ready for the next caller.",
               minimum_field{&options::min_idle_conns}},
    option_row{"pool_max_conns_per_endpoint", "",
               "Upper bound of open and opening connections to one endpoint.",
               endpoint_bound_field{&options::max_conns_per_endpoint}},
    option_row{"pool_max_conn_lifetime", "",
               "Age at which a connection is replaced. One that is in use is replaced when it comes back.",
               duration_field{&options::max_conn_lifetime, std::chrono::seconds(1), longest_age}},
    option_row{"pool_max_conn_lifetime_jitter", "25% of lifetime",
               "Each connection's lifetime is shortened by a random amount up to this, drawn once, so that "
               "connections do not all end together. The lifetime stays an upper bound.",
               jitter_field{&options::max_conn_lifetime_jitter}},
    option_row{"pool_renew_overshoot", "",
               "Connections above `pool_max_conns` that may be open while a replacement opens before the old "
               "connection closes. With 0 the old one closes first.",
               size_field{&options::renew_overshoot, 0, 1'000}},
    option_row{"pool_rebalance", "",
               "Whether surplus connections move to endpoints that have fewer when endpoints come, go or "
               "recover: unused ones at once, others when they come back; the new one is opened first.",
               choice_field<bool>{&options::rebalance, switch_choices, {}}},
    option_row{"pool_rebalance_pace", "",
               "How fast they move: this share of the pool, at least one connection, in ten seconds.",
               percent_field{&options::rebalance_pace, 1, 100}},
    option_row{
        "pool_server_totals", "",
        "Whether each server's total of sessions, read by checks, breaks ties between endpoints and moves "
        "connections when endpoints come, go or recover; for pools smaller than the number of endpoints.",
        choice_field<bool>{&options::server_totals, switch_choices, {}}},
    option_row{"pool_max_conn_idle_time", "",
               "Idle connections above the minimum are closed after this time.",
               duration_field{&options::max_conn_idle_time, std::chrono::seconds(1), longest_age}},
    option_row{
        "pool_health_check_period", "", "How often an idle connection is checked.",
        duration_field{&options::health_check_period, std::chrono::milliseconds(100), std::chrono::days(1)}},
    option_row{"pool_acquire_timeout", "", "How long a caller waits for a connection.",
               duration_field{&options::acquire_timeout, std::chrono::milliseconds(1), std::chrono::days(1)}},
    option_row{"pool_max_waiters", "",
               "Callers that may wait at the same time; any more are refused at once.",
               size_field{&options::max_waiters, 0, 1'000'000}},
    option_row{
        "pool_connect_timeout", "",
        "Limit for one attempt on one endpoint: TCP, TLS, login and role check together.",
        duration_field{&options::connect_timeout, std::chrono::milliseconds(10), std::chrono::minutes(10)}},
    option_row{"pool_discovery", "",
               "Where endpoints come from. `auto`: addresses and sockets are taken as they are, names are "
               "resolved by DNS; `dns`: A and AAAA records; `srv`: SRV records, ports included; `static`: "
               "addresses only, nothing is resolved.",
               choice_field<discovery_kind>{&options::discovery, discovery_choices, "kubernetes"}},
    option_row{"pool_dns_refresh", "",
               "Names are resolved again after this time, or sooner when the answer's TTL is shorter, but "
               "not within 1s.",
               duration_field{&options::dns_refresh, std::chrono::seconds(1), std::chrono::hours(1)}},
    option_row{"pool_dns_servers", "",
               "DNS servers to ask instead of the system's. The port is 53 where none is given; IPv6 "
               "addresses are written in brackets.",
               dns_servers_field{&options::dns_servers}},
    option_row{"pool_balance", "",
               "How an endpoint is chosen: the one with the fewest leased connections, the better of two "
               "drawn at random, each in turn, or any.",
               choice_field<balance_policy>{&options::balance, balance_choices, {}}},
    option_row{"pool_reset", "",
               "What is done with the session when a connection comes back, off the caller's path. `full`: "
               "nothing leaks from one caller to the next; `rollback`: an open transaction is rolled back; "
               "`none`: nothing, and a connection in a transaction is closed.",
               choice_field<reset_mode>{&options::reset, reset_choices, {}}},
    option_row{
        "pool_name", "host:port/db",
        "The pool's label in metrics and logs, and the sessions' `application_name` (MySQL: `program_name`).",
        name_field{&options::name}},
};

/// Validates every option, in the order of the table.
inline void check_options(const options& current) {
    for (const option_row& row : option_table) row.check(current);
}

/// Reads the pool's pairs over the defaults and validates the result.
inline options read_options(const std::vector<pool_pair>& pairs) {
    option_draft draft;
    std::array<bool, option_table.size()> seen{};
    for (const pool_pair& pair : pairs) {
        const auto row = std::find_if(option_table.begin(), option_table.end(),
                                      [&](const option_row& one) { return one.key == pair.key; });
        if (row == option_table.end()) {
            const std::string_view key = std::string_view(pair.key).substr(0, longest_shown);
            refuse(shown_key(pair.key) + ": unknown key; the nearest known one is " +
                   std::string(nearest(key, option_table).key));
        }
        bool& before = seen[static_cast<std::size_t>(row - option_table.begin())];
        if (before) refuse(pair.key + ": the key is given twice; expected it once");
        before = true;
        if (pair.value.empty()) row->refuse_empty();
        row->read(draft, pair.value);
    }
    if (draft.jitter_share) {
        draft.result.max_conn_lifetime_jitter = share_of(draft.result.max_conn_lifetime, *draft.jitter_share);
    }
    check_options(draft.result);
    return std::move(draft.result);
}

}  // namespace podpool::detail
