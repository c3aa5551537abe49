// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/slice_query.hpp"

namespace podpool::detail {
namespace {

/// Slices in a page of a list.
constexpr const char* page_size = "500";

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        if (is_plain(c)) {
            result += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        result += '%';
        result += digits[byte >> 4U];
        result += digits[byte & 0xFU];
    }
    return result;
}

std::string slice_query(const watch_pace& pace, std::string_view in_namespace, std::string_view service,
                        std::string_view continue_token) {
    std::string query = "/apis/discovery.k8s.io/v1/namespaces/" + percent_encoded(in_namespace) +
                        "/endpointslices?labelSelector=" +
                        percent_encoded("kubernetes.io/service-name=" + std::string(service));
    const std::string watch =
        "&watch=1&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(pace.lifetime().count());
    switch (pace.next()) {
        case watch_pace::request_kind::streaming_list:
            return query + watch + "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
        case watch_pace::request_kind::watch:
            return query + watch + "&resourceVersion=" + percent_encoded(pace.version());
        case watch_pace::request_kind::list:
            break;
    }
    query += std::string("&limit=") + page_size;
    if (!continue_token.empty()) query += "&continue=" + percent_encoded(continue_token);
    return query;
}

}  // namespace podpool::detail
