// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/service_name.hpp"

#include <podpool/detail/lower_case.hpp>
#include <podpool/detail/option_message.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <vector>

namespace podpool::detail {
namespace {

constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_host = 253;

[[noreturn]] void refuse_host(std::string_view host, const std::string& problem) {
    refuse("host `" + std::string(host.substr(0, longest_host)) + "` " + problem +
           "; pool_discovery=kubernetes expects a Service, such as db-ro, db-ro.prod or " +
           "db-ro.prod.svc.cluster.local");
}

bool is_address(std::string_view host) {
    boost::system::error_code failed;
    boost::asio::ip::make_address(std::string(host), failed);
    return !failed;
}

std::vector<std::string> labels_of(std::string_view name) {
    std::vector<std::string> labels(1);
    for (const char c : name) {
        if (c == '.') {
            labels.emplace_back();
        } else {
            labels.back() += lower_case(c);
        }
    }
    return labels;
}

void check_label(std::string_view host, const std::string& label, const std::string& role) {
    if (label.empty()) refuse_host(host, "has two dots in a row, or one at its beginning");
    if (label.size() > longest_label) {
        refuse_host(host, "has a " + role + " of " + std::to_string(label.size()) +
                              " characters; Kubernetes allows " + std::to_string(longest_label));
    }
    if (!is_kubernetes_label(label)) {
        refuse_host(host, "has the " + role + " `" + label +
                              "`; Kubernetes allows letters, digits and, between them, hyphens");
    }
}

/// What no Service can be, whatever its labels are.
void check_is_name(std::string_view host, std::string_view name) {
    if (name.empty()) refuse_host(host, "is empty");
    if (name.starts_with('/') || name.starts_with('@')) refuse_host(host, "is a Unix socket");
    if (is_address(name)) refuse_host(host, "is an IP address");
    if (name.size() > longest_host) {
        refuse_host(host, "has " + std::to_string(name.size()) + " characters; a name in DNS has at most " +
                              std::to_string(longest_host));
    }
    if (equal_ignoring_case(name, "localhost")) refuse_host(host, "is this machine");
}

}  // namespace

bool is_kubernetes_label(std::string_view text) {
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= longest_label && is_plain(text.front()) && is_plain(text.back()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return c == '-' || is_plain(c); });
}

service_name parse_service_name(std::string_view host) {
    std::string_view written = host;
    if (written.ends_with('.')) written.remove_suffix(1);
    check_is_name(host, written);
    std::vector<std::string> labels = labels_of(written);
    for (std::size_t index = 0; index < labels.size(); ++index) {
        check_label(host, labels[index], index == 0 ? "name" : index == 1 ? "namespace" : "part");
    }
    if (labels.size() > 3 && labels[2] != "svc" && labels[3] == "svc") {
        refuse_host(host, "is one pod of the Service `" + labels[1] + "." + labels[2] + "`");
    }
    if (labels.size() > 2 && labels[2] != "svc") {
        refuse_host(host, "has `" + labels[2] + "` after the namespace, where `svc` belongs");
    }
    service_name result;
    result.name = std::move(labels[0]);
    if (labels.size() > 1) result.in_namespace = std::move(labels[1]);
    return result;
}

}  // namespace podpool::detail
