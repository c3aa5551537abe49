// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/api_client.hpp"

#include "discovery/kubernetes/api_connection.hpp"
#include "discovery/kubernetes/credentials.hpp"
#include "discovery/kubernetes/http_answer.hpp"
#include "discovery/kubernetes/request_failure.hpp"
#include "discovery/kubernetes/status_reader.hpp"

#include <podpool/version.hpp>

#include <algorithm>
#include <vector>

namespace podpool::detail {
namespace {

using end_kind = watch_pace::end_kind;

constexpr int ok = 200;
constexpr std::size_t largest_piece = std::size_t{32} << 10U;

bool is_redirect(int code) {
    constexpr int first = 300;
    constexpr int last = 399;
    return code >= first && code <= last;
}

/// What came instead of a 200, which may be less than its whole body.
api_status refusal_in(const http_answer& answer, const std::string& body) {
    api_status status = status_of_answer(answer.status(), body);
    if (answer.retry_after()) status.retry_after = answer.retry_after();
    if (is_redirect(status.code) && status.message.empty()) {
        status.message = "it redirects to another place, where podpool doesn't follow";
    }
    return status;
}

}  // namespace

secret api_client::request_for(const std::string& path) const {
    const bool bracketed = access_.host.find(':') != std::string::npos;
    // All of it at once, so that no copy of the token stays behind where the text has grown.
    secret token;
    if (access_.tls && !access_.token_file.empty()) {
        file_text file = read_token(access_.token_file);
        if (!file.problem.empty()) throw request_failure(end_kind::unreachable, "the token: " + file.problem);
        token = std::move(file.text);
    }
    const std::string before = "GET " + access_.path + path +
                               " HTTP/1.1\r\nHost: " + (bracketed ? "[" + access_.host + "]" : access_.host) +
                               ":" + std::to_string(access_.port) +
                               "\r\nUser-Agent: podpool/" PODPOOL_VERSION "\r\nAccept: application/json\r\n";
    constexpr std::string_view authorization = "Authorization: Bearer ";
    constexpr std::string_view end = "\r\n";
    std::string text;
    text.reserve(before.size() + authorization.size() + token.reveal().size() + 2 * end.size());
    text += before;
    if (!token.empty()) text.append(authorization).append(token.reveal()).append(end);
    text += end;
    return secret(std::move(text));
}

std::optional<api_status> api_client::ask(const std::string& path, answer_listener& listener) {
    const secret request = request_for(path);
    api_connection connection(waiting_, access_);
    connection.open(listener.deadline());
    connection.write(request.reveal(), listener.deadline());
    return take_answer(connection, listener);
}

std::optional<api_status> api_client::take_answer(api_connection& connection,
                                                  answer_listener& listener) const {
    http_answer answer;
    std::vector<char> room(largest_piece);
    std::string body;
    bool begun = false;
    while (!answer.is_complete()) {
        std::size_t count = 0;
        try {
            count = connection.read_some(room, listener.deadline());
        } catch (const request_failure&) {
            if (!answer.has_head() || begun || waiting_.stopped()) throw;
            return refusal_in(answer, body);
        }
        answer.take({room.data(), count}, body);
        if (!answer.has_head()) {
            if (count == 0) throw request_failure(end_kind::cut, "the connection ended before an answer");
            continue;
        }
        if (answer.status() != ok) {
            if (count == 0 || body.size() > longest_refusal) break;
            continue;
        }
        if (!begun) listener.begun();
        begun = true;
        if (!body.empty() && !listener.body(body)) return std::nullopt;
        body.clear();
        if (count == 0) {
            if (!answer.end()) throw request_failure(end_kind::cut, "the connection ended within the answer");
            break;
        }
    }
    if (begun) return std::nullopt;
    body.resize(std::min(body.size(), longest_refusal));
    return refusal_in(answer, body);
}

}  // namespace podpool::detail
