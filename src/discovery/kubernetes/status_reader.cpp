// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/status_reader.hpp"

#include "discovery/kubernetes/malformed_answer.hpp"

#include <algorithm>

namespace podpool::detail {
namespace {

constexpr std::size_t most_causes = 1000;
constexpr std::int64_t highest_code = 999;
constexpr std::int64_t longest_pause = std::int64_t{365} * 24 * 3600;

}  // namespace

bool is_expired(const api_status& status) {
    constexpr int gone = 410;
    return status.code == gone || status.reason == "Expired" || status.reason == "Gone";
}

bool is_version_of_the_future(const api_status& status) {
    return std::find(status.causes.begin(), status.causes.end(), "ResourceVersionTooLarge") !=
           status.causes.end();
}

api_status read_status(const answer_object& object) {
    const std::string kind = object.text("kind");
    if (kind != "Status") {
        object.refuse_field(
            "kind", (kind.empty() ? "is missing" : "is " + shown_value(kind)) + "; expected \"Status\"");
    }
    api_status status;
    status.code = static_cast<int>(object.number("code", 0, highest_code).value_or(0));
    status.reason = object.text("reason");
    status.message = object.message("message");
    const auto details = object.object("details");
    if (!details) return status;
    if (const auto pause = details->number("retryAfterSeconds", 0, longest_pause); pause && *pause > 0) {
        status.retry_after = std::chrono::seconds(*pause);
    }
    for (const answer_object& cause : details->objects("causes", most_causes)) {
        status.causes.push_back(cause.text("reason"));
    }
    return status;
}

api_status status_of_answer(int code, std::string_view body) {
    api_status status;
    try {
        const boost::json::value answer = parse_answer(body);
        status = read_status(answer_object(answer));
    } catch (const malformed_answer&) {
        status = {};
    }
    status.code = code;
    return status;
}

}  // namespace podpool::detail
