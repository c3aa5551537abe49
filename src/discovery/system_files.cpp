// SPDX-License-Identifier: BSL-1.0
#include "discovery/system_files.hpp"

#include "discovery/target_rules.hpp"

#include <podpool/detail/dns_server_list.hpp>
#include <podpool/detail/lower_case.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>

namespace podpool::detail {
namespace {

constexpr std::string_view blanks = " \t\r";

/// Takes the first line off `text`.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

std::vector<std::string_view> words_of(std::string_view line, std::string_view comment_marks) {
    line = line.substr(0, line.find_first_of(comment_marks));
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t begin = line.find_first_not_of(blanks);
        if (begin == std::string_view::npos) return words;
        line.remove_prefix(begin);
        const std::size_t end = std::min(line.find_first_of(blanks), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
}

void read_option(std::string_view option, resolver_config& config) {
    constexpr std::string_view ndots = "ndots:";
    constexpr int most_dots = 15;
    if (!option.starts_with(ndots)) return;
    option.remove_prefix(ndots.size());
    int value = 0;
    const auto parsed = std::from_chars(option.data(), option.data() + option.size(), value);
    if (parsed.ec == std::errc() && value >= 0) config.ndots = std::min(value, most_dots);
}

std::optional<std::string> read_file(const std::string& path) {
    struct close_file {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    // "e": close-on-exec, which a stream of the standard library isn't.
    const std::unique_ptr<std::FILE, close_file> file(std::fopen(path.c_str(), "rbe"));
    if (!file) return std::nullopt;
    std::string text;
    std::array<char, 4096> part{};
    for (std::size_t size = 0; (size = std::fread(part.data(), 1, part.size(), file.get())) > 0;) {
        text.append(part.data(), size);
    }
    return text;
}

}  // namespace

resolver_config parse_resolv_conf(std::string_view text) {
    resolver_config config;
    while (!text.empty()) {
        const auto words = words_of(take_line(text), "#;");
        if (words.size() < 2) continue;
        const std::vector<std::string_view> values(words.begin() + 1, words.end());
        if (words[0] == "nameserver") {
            boost::system::error_code failed;
            boost::asio::ip::make_address(std::string(values[0]), failed);
            if (!failed) config.servers.emplace_back(std::string(values[0]), default_dns_port);
        } else if (words[0] == "search" || words[0] == "domain") {
            config.search.clear();
            for (std::string_view domain : values) {
                if (domain.ends_with('.')) domain.remove_suffix(1);
                if (domain.empty() || is_dns_name(domain)) config.search.emplace_back(domain);
            }
        } else if (words[0] == "options") {
            for (const auto value : values) read_option(value, config);
        }
    }
    return config;
}

std::optional<resolver_config> read_resolv_conf(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return std::nullopt;
    return parse_resolv_conf(*text);
}

std::vector<boost::asio::ip::address> parse_hosts(std::string_view text, std::string_view name) {
    std::vector<boost::asio::ip::address> result;
    while (!text.empty()) {
        const auto words = words_of(take_line(text), "#");
        const bool named = words.size() > 1 && std::any_of(words.begin() + 1, words.end(), [&](auto word) {
                               return equal_ignoring_case(word, name);
                           });
        if (!named) continue;
        boost::system::error_code failed;
        const auto address = boost::asio::ip::make_address(std::string(words[0]), failed);
        if (!failed && std::find(result.begin(), result.end(), address) == result.end()) {
            result.push_back(address);
        }
    }
    return result;
}

std::vector<boost::asio::ip::address> read_hosts(const std::string& path, std::string_view name) {
    return parse_hosts(read_file(path).value_or(std::string()), name);
}

}  // namespace podpool::detail
