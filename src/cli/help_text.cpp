// SPDX-License-Identifier: BSL-1.0
#include "cli/help_text.hpp"

#include "cli/render.hpp"

#include <podpool/detail/option_table.hpp>

#include <algorithm>
#include <vector>

namespace podpool::cli {

namespace {

constexpr std::size_t page_width = 100;

struct entry {
    std::string term;
    std::string meaning;
};

/// Breaks a text into lines of at most `width` at its blanks.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
    std::vector<std::string> lines(1);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        const std::string word = text.substr(begin, end - begin);
        if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
        lines.back() += (lines.back().empty() ? "" : " ") + word;
        begin = end + 1;
    }
    return lines;
}

std::string section(const std::string& title, const std::vector<entry>& entries) {
    if (entries.empty()) return {};
    std::size_t width = 0;
    for (const entry& one : entries) width = std::max(width, one.term.size());
    std::string text = "\n" + title + ":\n";
    for (const entry& one : entries) {
        std::string left = "  " + one.term + std::string(width - one.term.size() + 2, ' ');
        for (const std::string& line : wrapped(one.meaning, page_width - left.size())) {
            text += left + line + "\n";
            left.assign(left.size(), ' ');
        }
    }
    return text;
}

entry entry_of(const CLI::Option& option) {
    std::string term = option.get_name(false, true);
    std::replace(term.begin(), term.end(), ',', ' ');
    if (option.get_positional()) term = option.get_name(true);
    if (option.get_type_size() > 0 && !option.get_positional()) term += " " + option.get_type_name();
    std::string meaning = option.get_description();
    if (const std::string standard = option.get_default_str(); !standard.empty()) {
        meaning += " (default: " + standard + ")";
    }
    return {std::move(term), std::move(meaning)};
}

}  // namespace

std::string help_text::make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const {
    std::vector<entry> verbs;
    for (const CLI::App* verb : app->get_subcommands([](const CLI::App*) { return true; })) {
        verbs.push_back({verb->get_name(), verb->get_description()});
    }
    std::vector<entry> arguments;
    std::vector<entry> options;
    for (const CLI::Option* option : app->get_options()) {
        (option->get_positional() ? arguments : options).push_back(entry_of(*option));
    }
    const bool is_verb = app->get_parent() != nullptr;
    const std::string uri = arguments.empty() ? "" : " [URI]";
    std::string text = is_verb ? "Usage: podpool " + app->get_name() + " [OPTIONS]" + uri + "\n"
                               : "Usage: podpool VERB [OPTIONS] [URI]\n";
    text += "\n" + app->get_description() + "\n";
    text += section("Verbs", verbs) + section("Arguments", arguments) + section("Options", options);
    const std::string footer = app->get_footer();
    return footer.empty() ? text : text + "\n" + footer;
}

std::string pool_options_text() {
    std::vector<entry> entries;
    for (const detail::option_row& row : detail::option_table) {
        std::string meaning(row.meaning);
        meaning.append(" ").append(row.range()).append(" (default: ").append(row.default_text()).append(")");
        entries.push_back({std::string(row.key), std::move(meaning)});
    }
    const std::string text = section("Keys of the connection string that are the pool's", entries);
    return text.substr(1);
}

}  // namespace podpool::cli
