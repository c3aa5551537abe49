// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/status_reader.hpp"

#include "kubernetes/reading.hpp"
#include "kubernetes/recorded.hpp"

#include <chrono>

using Catch::Matchers::ContainsSubstring;
using podpool::detail::api_status;
using podpool::detail::is_expired;
using podpool::detail::is_version_of_the_future;
using podpool::detail::status_of_answer;
using namespace std::chrono_literals;

namespace {

api_status status_in(const std::string& text) {
    const auto answer = podpool::detail::parse_answer(text);
    return podpool::detail::read_status(podpool::detail::answer_object(answer));
}

}  // namespace

TEST_CASE("recorded refusals are read") {
    CHECK(status_in(recorded::unauthorized) == api_status{401, "Unauthorized", "Unauthorized", {}, {}});
    const auto forbidden = status_in(recorded::forbidden);
    CHECK(forbidden.code == 403);
    CHECK(forbidden.reason == "Forbidden");
    CHECK_THAT(forbidden.message, ContainsSubstring(R"(User "system:serviceaccount:prod:app" cannot list)"));
    const auto timeout = status_in(recorded::version_too_large);
    CHECK(timeout.code == 504);
    CHECK(timeout.reason == "Timeout");
    CHECK(timeout.retry_after == 1s);
    CHECK(timeout.causes == std::vector<std::string>{"ResourceVersionTooLarge"});
}

TEST_CASE("a version that is forgotten and one of the future are told apart from other failures") {
    CHECK(is_expired({410, "Expired", "", {}, {}}));
    CHECK(is_expired({410, "", "", {}, {}}));
    CHECK(is_expired({0, "Expired", "", {}, {}}));
    CHECK(is_expired({0, "Gone", "", {}, {}}));
    CHECK_FALSE(is_expired({504, "Timeout", "", {}, {}}));
    CHECK(is_version_of_the_future(status_in(recorded::version_too_large)));
    CHECK_FALSE(is_version_of_the_future({504, "Timeout", "", {}, {}}));
    CHECK_FALSE(is_expired(status_in(recorded::version_too_large)));
}

TEST_CASE("a status may say nothing but that it is one") {
    CHECK(status_in(R"({"kind":"Status"})") == api_status{});
    CHECK(status_in(R"({"kind":"Status","code":null,"reason":null,"details":null})") == api_status{});
    CHECK(status_in(R"({"kind":"Status","details":{"retryAfterSeconds":0,"causes":null}})") == api_status{});
    CHECK(reading::refusal([] { return status_in("{}"); }) == R"(kind is missing; expected "Status")");
    CHECK(reading::refusal([] { return status_in(R"({"kind":"EndpointSliceList"})"); }) ==
          R"(kind is "EndpointSliceList"; expected "Status")");
    CHECK(reading::refusal([] { return status_in(R"({"kind":"Status","code":"410"})"); }) ==
          "code is no whole number; expected 0 to 999");
    CHECK(reading::refusal([] {
              return status_in(R"({"kind":"Status","details":{"retryAfterSeconds":-1}})");
          }) == "details.retryAfterSeconds is -1; expected 0 to 31536000");
}

TEST_CASE("a long message is cut off, and has no control characters") {
    const auto status =
        status_in(R"({"kind":"Status","message":"a\n\u001b)" + std::string(2000, 'x') + "\"}");
    CHECK(status.message == "a??" + std::string(1021, 'x') + "...");
}

TEST_CASE("an answer that is no success has a status, whoever sent it") {
    CHECK(status_of_answer(401, recorded::unauthorized) ==
          api_status{401, "Unauthorized", "Unauthorized", {}, {}});
    CHECK(status_of_answer(502, "<html>Bad Gateway</html>") == api_status{502, "", "", {}, {}});
    CHECK(status_of_answer(503, "") == api_status{503, "", "", {}, {}});
    CHECK(status_of_answer(404, recorded::list()) == api_status{404, "", "", {}, {}});
    // The answer's own code counts.
    CHECK(status_of_answer(500, recorded::unauthorized).code == 500);
}
