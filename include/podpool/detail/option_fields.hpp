// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/balance_policy.hpp>
#include <podpool/detail/byte_size_text.hpp>
#include <podpool/detail/choices.hpp>
#include <podpool/detail/connection_string.hpp>
#include <podpool/detail/duration_text.hpp>
#include <podpool/detail/nearest.hpp>
#include <podpool/detail/option_message.hpp>
#include <podpool/detail/share_text.hpp>
#include <podpool/discovery_kind.hpp>
#include <podpool/options.hpp>
#include <podpool/reset_mode.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// The kinds of options.
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

/// A size within fixed bounds that need not be set.
struct optional_size_field {
    static constexpr std::string_view kind = "size";
    static constexpr std::string_view unset = "none";
    std::optional<std::size_t> options::* member;
    std::size_t min;
    std::size_t max;

    [[nodiscard]] std::string range() const {
        return std::to_string(min) + " to " + std::to_string(max) + ", or none";
    }
    [[nodiscard]] std::string expected() const { return "a whole number from " + range(); }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        draft.result.*member = std::nullopt;
        if (text != unset) draft.result.*member = read_size(key, *this, text);
        check(key, draft.result);
    }
    [[nodiscard]] std::string text(const options& from) const {
        return from.*member ? std::to_string(*(from.*member)) : std::string(unset);
    }
    void check(std::string_view key, const options& current) const {
        if (current.*member) check_range(key, *this, text(current), *(current.*member));
    }
};

/// An amount of memory that need not be set.
struct byte_size_field {
    static constexpr std::string_view kind = "byte size";
    static constexpr std::string_view unset = "none";
    std::optional<std::size_t> options::* member;
    std::size_t min;
    std::size_t max;

    [[nodiscard]] std::string range() const {
        return byte_size_text(min) + " to " + byte_size_text(max) + ", or none";
    }
    [[nodiscard]] std::string expected() const {
        return "an amount of memory such as 512KiB or 4MiB, from " + range();
    }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        draft.result.*member = std::nullopt;
        if (text == unset) return;
        const parsed_byte_size parsed = parse_byte_size(text);
        if (!parsed.problem.empty()) refuse_value(key, *this, shown_value(text), parsed.problem);
        check_range(key, *this, shown_value(text), parsed.value);
        draft.result.*member = parsed.value;
    }
    [[nodiscard]] std::string text(const options& from) const {
        return from.*member ? byte_size_text(*(from.*member)) : std::string(unset);
    }
    void check(std::string_view key, const options& current) const {
        if (current.*member) check_range(key, *this, text(current), *(current.*member));
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

/// A duration that need not be set.
struct optional_duration_field {
    static constexpr std::string_view kind = "duration";
    static constexpr std::string_view unset = "none";
    std::optional<std::chrono::nanoseconds> options::* member;
    std::chrono::nanoseconds min;
    std::chrono::nanoseconds max;

    [[nodiscard]] std::string range() const {
        return duration_text(min) + " to " + duration_text(max) + ", or none";
    }
    [[nodiscard]] std::string expected() const {
        return "a duration such as 250ms, 30s or 1h30m, from " + range();
    }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        draft.result.*member = std::nullopt;
        if (text == unset) return;
        const parsed_duration parsed = parse_duration(text);
        if (!parsed.problem.empty()) refuse_value(key, *this, shown_value(text), parsed.problem);
        check_range(key, *this, shown_value(text), parsed.value);
        draft.result.*member = parsed.value;
    }
    [[nodiscard]] std::string text(const options& from) const {
        return from.*member ? duration_text(*(from.*member)) : std::string(unset);
    }
    void check(std::string_view key, const options& current) const {
        if (current.*member) check_range(key, *this, text(current), *(current.*member));
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
            refuse_value(key, *this, shown_value(text), "is unknown");
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

}  // namespace podpool::detail
