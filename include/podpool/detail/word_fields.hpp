// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/choices.hpp>
#include <podpool/detail/cluster_identity.hpp>
#include <podpool/detail/connection_string.hpp>
#include <podpool/detail/dns_server_list.hpp>
#include <podpool/detail/duration_text.hpp>
#include <podpool/detail/option_fields.hpp>
#include <podpool/detail/option_message.hpp>
#include <podpool/options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The kinds of options whose text is kept as it is written, and in which one word stands for none. Each has
// what option_fields.hpp says of a kind.

namespace podpool::detail {

/// Reads the text of an option in which the word `Field::unset`, or that of the field, stands for none.
template <class Field>
void read_word(const Field& field, option_draft& draft, std::string_view key, std::string_view text) {
    draft.result.*field.member = text == field.unset ? std::string_view() : text;
    field.check(key, draft.result);
}

/// The text that read_word() takes.
template <class Field>
std::string word_text(const Field& field, const options& from) {
    const std::string& value = from.*field.member;
    return value.empty() ? std::string(field.unset) : value;
}

/// Refuses a text that is longer than `field.longest` bytes or has a character that `allowed` doesn't take.
template <class Field, class Allowed>
void check_word(std::string_view key, const Field& field, std::string_view text, Allowed allowed) {
    if (text.size() > field.longest) refuse_value(key, field, shown_value(text), "is too long");
    if (!std::all_of(text.begin(), text.end(), allowed)) {
        refuse_value(key, field, shown_value(text), "holds a character that is not allowed");
    }
}

inline bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

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
        read_word(*this, draft, key, text);
    }
    [[nodiscard]] std::string text(const options& from) const { return word_text(*this, from); }
    void check(std::string_view key, const options& current) const {
        const parsed_dns_servers parsed = parse_dns_servers(current.*member);
        if (parsed.problem.empty()) return;
        refuse(std::string(key) + ": " + parsed.problem + "; expected " + expected());
    }
};

/// The name of a zone, as Kubernetes has it in the label topology.kubernetes.io/zone.
struct zone_field {
    static constexpr std::string_view kind = "text";
    static constexpr std::string_view unset = "none";
    static constexpr std::size_t longest = 63;
    std::string options::* member;

    [[nodiscard]] static std::string range() {
        return "none, auto, service or a zone: 1 to 63 letters, digits, '-', '_' and '.'";
    }
    [[nodiscard]] static std::string expected() { return range(); }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        read_word(*this, draft, key, text);
    }
    [[nodiscard]] std::string text(const options& from) const { return word_text(*this, from); }
    void check(std::string_view key, const options& current) const {
        const std::string& zone = current.*member;
        check_word(key, *this, zone,
                   [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '_' || c == '.'; });
    }
};

/// A path or a URL.
struct place_field {
    static constexpr std::string_view kind = "text";
    static constexpr std::size_t longest = 1024;
    std::string options::* member;
    std::string_view unset;
    std::string_view meant;

    [[nodiscard]] std::string range() const { return std::string(unset) + " or " + std::string(meant); }
    [[nodiscard]] std::string expected() const { return range(); }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        read_word(*this, draft, key, text);
    }
    [[nodiscard]] std::string text(const options& from) const { return word_text(*this, from); }
    void check(std::string_view key, const options& current) const {
        const std::string& place = current.*member;
        check_word(key, *this, place, [](char c) { return c >= ' ' && c <= '~'; });
    }
};

/// A port of a pod by its number or by its name, which has a letter.
struct pod_port_field {
    static constexpr std::string_view kind = "text";
    static constexpr std::string_view unset = "auto";
    static constexpr std::size_t longest = 63;
    static constexpr std::uint64_t highest = 65'535;
    std::string options::* member;

    [[nodiscard]] static std::string range() {
        return "auto, 1 to 65535 or a name: 1 to 63 lower-case letters, digits and '-'";
    }
    [[nodiscard]] static std::string expected() { return range(); }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        read_word(*this, draft, key, text);
    }
    [[nodiscard]] std::string text(const options& from) const { return word_text(*this, from); }
    void check(std::string_view key, const options& current) const {
        const std::string& port = current.*member;
        check_word(key, *this, port, [](char c) { return is_digit(c) || is_lower(c) || c == '-'; });
        std::uint64_t number = 0;
        const bool numeric = !port.empty() && std::all_of(port.begin(), port.end(), is_digit);
        if (numeric && (!append_digits(port, highest, number) || number == 0)) {
            refuse_value(key, *this, shown_value(port), "is no port");
        }
    }
};

/// The identities of a cluster's servers; cluster_identity takes them apart.
struct cluster_field {
    static constexpr std::string_view kind = "list";
    static constexpr std::string_view unset = "off";
    static constexpr std::size_t longest = 64;
    std::string options::* member;

    [[nodiscard]] static std::string range() { return "off, learn or identity,..."; }
    [[nodiscard]] static std::string expected() {
        return "off, learn or identities with commas between them, each of 1 to 64 letters, digits and '-'";
    }
    void read(option_draft& draft, std::string_view key, std::string_view text) const {
        read_word(*this, draft, key, text);
    }
    [[nodiscard]] std::string text(const options& from) const { return word_text(*this, from); }
    void check(std::string_view key, const options& current) const {
        const std::string_view all = current.*member;
        if (all.empty()) return;
        for (const std::string_view one : identities_in(all)) {
            if (one.empty()) refuse_value(key, *this, shown_value(all), "has an empty identity");
            check_word(key, *this, one, [](char c) { return is_digit(c) || is_letter(c) || c == '-'; });
        }
    }
};

}  // namespace podpool::detail
