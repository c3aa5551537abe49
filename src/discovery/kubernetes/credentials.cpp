// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/credentials.hpp"

#include <podpool/detail/english_texts.hpp>
#include <podpool/detail/lower_case.hpp>
#include <podpool/detail/option_message.hpp>
#include <podpool/detail/zone_words.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace podpool::detail {
namespace {

constexpr std::size_t largest_token = std::size_t{64} << 10U;
constexpr std::size_t largest_certificates = std::size_t{4} << 20U;
constexpr std::size_t largest_namespace = 4096;

constexpr std::string_view https = "https://";
constexpr std::string_view http = "http://";

[[noreturn]] void refuse_api(const std::string& api, const std::string& problem) {
    refuse("pool_kubernetes_api is " + shown_value(api) + ", which " + problem +
           "; expected https://HOST:PORT, or http://127.0.0.1:PORT for kubectl proxy");
}

std::optional<std::uint16_t> port_in(std::string_view text) {
    std::uint16_t port = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

std::optional<boost::asio::ip::address> address_in(const std::string& text) {
    boost::system::error_code failed;
    auto address = boost::asio::ip::make_address(text, failed);
    if (failed) return std::nullopt;
    return address;
}

bool is_host(const std::string& host) {
    if (address_in(host)) return true;
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

bool is_this_machine(const std::string& host) {
    const auto address = address_in(host);
    return address ? address->is_loopback() : host == "localhost";
}

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
    return equal_ignoring_case(text.substr(0, start.size()), start);
}

/// Host and port of `HOST`, `HOST:PORT`, `[ADDRESS]` or `[ADDRESS]:PORT`.
void read_authority(const std::string& api, std::string_view authority, api_access& access) {
    std::string_view host = authority.substr(0, authority.rfind(':'));
    std::string_view port = authority.substr(std::min(host.size() + 1, authority.size()));
    bool has_port = host.size() < authority.size();
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) refuse_api(api, "has a `[` without a `]`");
        host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
        has_port = !port.empty();
        if (has_port && port.front() != ':') refuse_api(api, "has something other than a port after the `]`");
        if (has_port) port.remove_prefix(1);
    }
    for (const char c : host) access.host += lower_case(c);
    if (!is_host(access.host)) refuse_api(api, "names no host");
    if (!has_port) return;
    const auto number = port_in(port);
    if (!number) refuse_api(api, "has no port from 1 to 65535 after its host");
    access.port = *number;
}

api_access read_api(const std::string& api) {
    api_access access;
    std::string_view rest = api;
    if (starts_with_ignoring_case(rest, https)) {
        access.port = 443;
        rest.remove_prefix(https.size());
    } else if (starts_with_ignoring_case(rest, http)) {
        access.tls = false;
        access.port = 80;
        rest.remove_prefix(http.size());
    } else {
        refuse_api(api, "begins neither with https:// nor with http://");
    }
    const bool plain = std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (!plain || rest.find_first_of("@?#\\\"<>^`{|}") != std::string_view::npos) {
        refuse_api(api, "has characters that don't belong there");
    }
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    read_authority(api, rest.substr(0, slash), access);
    std::string_view path = rest.substr(slash);
    while (path.ends_with('/')) path.remove_suffix(1);
    access.path = path;
    return access;
}

api_access access_of_pod(const access_options& options, const pod_environment& environment) {
    if (environment.host.empty() || environment.port.empty()) {
        refuse(
            "pool_discovery=kubernetes: the environment has no KUBERNETES_SERVICE_HOST and "
            "KUBERNETES_SERVICE_PORT, so "
            "this is no pod; pool_kubernetes_api names the API server elsewhere");
    }
    const auto port = port_in(environment.port);
    if (!port) {
        refuse("KUBERNETES_SERVICE_PORT is " + shown_value(environment.port) + "; expected 1 to 65535");
    }
    api_access access;
    for (const char c : environment.host) access.host += lower_case(c);
    if (!is_host(access.host)) {
        refuse("KUBERNETES_SERVICE_HOST is " + shown_value(environment.host) +
               "; expected an address or a name");
    }
    access.port = *port;
    access.token_file = options.token_file.empty() ? environment.directory + "/token" : options.token_file;
    access.ca_file = options.ca_file.empty() ? environment.directory + "/ca.crt" : options.ca_file;
    return access;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\v\f";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Reads at most so many bytes, and one more if there are any.
std::error_code read_some(int descriptor, std::string& buffer) {
    std::size_t size = 0;
    while (size < buffer.size()) {
        const ssize_t count = ::read(descriptor, buffer.data() + size, buffer.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return {errno, std::generic_category()};
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    buffer.resize(size);
    return {};
}

file_text read_whole(const std::string& path, std::size_t largest) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::error_code failed;
    std::string buffer;
    if (descriptor < 0) {
        failed = {errno, std::generic_category()};
    } else {
        buffer.resize(largest + 1);
        failed = read_some(descriptor, buffer);
        ::close(descriptor);
    }
    // There it is overwritten in the end.
    secret text(std::move(buffer));
    if (failed) {
        const english_texts english;
        return {{}, path + " can't be read: " + failed.message()};
    }
    if (text.reveal().size() > largest) {
        return {{}, path + " has more than " + std::to_string(largest) + " bytes"};
    }
    if (trimmed(text.reveal()).empty()) return {{}, path + " is empty"};
    return {std::move(text), {}};
}

}  // namespace

pod_environment environment_of_process() {
    const auto value_of = [](const char* name) {
        const char* const value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    pod_environment environment;
    environment.host = value_of("KUBERNETES_SERVICE_HOST");
    environment.port = value_of("KUBERNETES_SERVICE_PORT");
    environment.zone = zone_in_environment();
    environment.node = value_of("NODE_NAME");
    return environment;
}

std::string to_string(const api_access& access) {
    const bool bracketed = access.host.find(':') != std::string::npos;
    return std::string(access.tls ? https : http) + (bracketed ? "[" + access.host + "]" : access.host) +
           ":" + std::to_string(access.port) + access.path;
}

api_access choose_access(const access_options& options, const pod_environment& environment) {
    if (options.api.empty()) return access_of_pod(options, environment);
    api_access access = read_api(options.api);
    access.token_file = options.token_file;
    access.ca_file = options.ca_file;
    if (access.tls) return access;
    if (!is_this_machine(access.host)) {
        refuse_api(
            options.api,
            "is neither encrypted nor on this machine, where anybody between here and there could read and "
            "change the answers");
    }
    if (!access.token_file.empty()) {
        refuse_api(options.api,
                   "isn't encrypted, so the token of pool_kubernetes_token_file isn't sent to it");
    }
    if (!access.ca_file.empty()) {
        refuse_api(options.api,
                   "isn't encrypted, so it has no certificate for pool_kubernetes_ca_file to verify");
    }
    return access;
}

std::string choose_namespace(const service_name& service, const pod_environment& environment) {
    if (service.in_namespace) return *service.in_namespace;
    const std::string path = environment.directory + "/namespace";
    const file_text file = read_whole(path, largest_namespace);
    const std::string expected =
        "; expected the Service's namespace in its name, such as " + service.name + ".prod";
    if (!file.problem.empty()) {
        refuse("the namespace of the Service " + service.name + " isn't known: " + file.problem + expected);
    }
    const std::string own(trimmed(file.text.reveal()));
    if (!is_kubernetes_label(own)) {
        refuse("the namespace of the Service " + service.name + " isn't known: " + path + " holds " +
               shown_value(own) + expected);
    }
    return own;
}

file_text read_token(const std::string& path) {
    file_text file = read_whole(path, largest_token);
    if (!file.problem.empty()) return file;
    const std::string_view token = trimmed(file.text.reveal());
    // It becomes a part of a header.
    const bool plain = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (!plain)
        return {{}, path + " holds no token: there are blanks or other characters in it that no token has"};
    return {secret(std::string(token)), {}};
}

file_text read_certificates(const std::string& path) { return read_whole(path, largest_certificates); }

}  // namespace podpool::detail
