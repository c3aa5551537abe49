// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/http_answer.hpp"

#include "discovery/kubernetes/malformed_answer.hpp"
#include "reading.hpp"
#include "recorded.hpp"

#include "support/catch.hpp"

using podpool::detail::http_answer;
using namespace std::chrono_literals;

namespace {

std::string in_chunks(const std::vector<std::string>& chunks) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string& chunk : chunks) {
        std::string size;
        for (std::size_t rest = chunk.size(); rest > 0; rest /= 16) size.insert(0, 1, digits[rest % 16]);
        text += size + "\r\n" + chunk + "\r\n";
    }
    return text + "0\r\n\r\n";
}

std::string with_length(const std::string& body, const std::string& status = "200 OK",
                        const std::string& fields = {}) {
    return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

/// The error that these bytes make when they come in one piece.
std::string refusal_of(const std::string& bytes) {
    return reading::refusal([&] {
        http_answer answer;
        std::string body;
        answer.take(bytes, body);
        return body;
    });
}

}  // namespace

TEST_CASE("an answer is the same wherever its bytes are cut") {
    const std::string event = recorded::modified() + "\n";
    const std::string list = recorded::list();
    const auto [bytes, expected] = GENERATE_COPY(table<std::string, std::string>(
        {{in_chunks({event, recorded::bookmark + "\n"}), event + recorded::bookmark + "\n"},
         {with_length(list), list},
         {in_chunks({}), ""}}));
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        http_answer answer;
        std::string body;
        answer.take(std::string_view(bytes).substr(0, cut), body);
        CHECK(answer.is_complete() == (cut == bytes.size()));
        answer.take(std::string_view(bytes).substr(cut), body);
        REQUIRE(answer.is_complete());
        REQUIRE(answer.status() == 200);
        REQUIRE(body == expected);
    }
    http_answer answer;
    std::string body;
    for (const char byte : bytes) answer.take({&byte, 1}, body);
    CHECK(answer.is_complete());
    CHECK(body == expected);
}

TEST_CASE("a body is given on as it comes, and the end of the connection isn't its end") {
    http_answer answer;
    std::string body;
    answer.take("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", body);
    CHECK(answer.has_head());
    CHECK(body == "abc");
    CHECK_FALSE(answer.end());
    answer.take("de\r\n", body);
    CHECK(body == "abcde");
    CHECK_FALSE(answer.end());
    answer.take("0\r\n\r\nwhat comes after it", body);
    CHECK(body == "abcde");
    CHECK(answer.end());
}

TEST_CASE("without a length and without chunks the end of the connection is the body's") {
    http_answer answer;
    std::string body;
    answer.take("HTTP/1.0 200 OK\r\n\r\nabc", body);
    CHECK_FALSE(answer.is_complete());
    CHECK(answer.end());
    CHECK(body == "abc");
}

TEST_CASE("nothing, and half a head, are no answers") {
    http_answer nothing;
    CHECK_FALSE(nothing.end());
    http_answer half;
    std::string body;
    half.take("HTTP/1.1 200 OK\r\nContent-", body);
    CHECK_FALSE(half.has_head());
    CHECK_FALSE(half.end());
}

TEST_CASE("Retry-After is read in seconds") {
    const auto [text, expected] = GENERATE(table<std::string, std::optional<std::chrono::seconds>>(
        {{"1", 1s},
         {"120", 120s},
         {"0", std::nullopt},
         {"-5", std::nullopt},
         {"soon", std::nullopt},
         {"99999999999999999999", std::nullopt},
         {"Wed, 21 Oct 2026 07:28:00 GMT", std::nullopt}}));
    CAPTURE(text);
    http_answer answer;
    std::string body;
    answer.take(with_length("", "429 Too Many Requests", "Retry-After: " + text + "\r\n"), body);
    CHECK(answer.status() == 429);
    CHECK(answer.retry_after() == expected);
    CHECK(answer.is_complete());
}

TEST_CASE("what is no HTTP, and a head or a frame without an end, are refused") {
    CHECK_THAT(refusal_of("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
               Catch::Matchers::StartsWith("the answer is no HTTP/1.1: "));
    CHECK_THAT(refusal_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
               Catch::Matchers::StartsWith("the answer is no HTTP/1.1: "));
    const std::string endless(http_answer::longest_head + 1, 'a');
    CHECK_THAT(refusal_of("HTTP/1.1 200 OK\r\nField: " + endless),
               Catch::Matchers::StartsWith("the answer is no HTTP/1.1: "));
    CHECK_THAT(refusal_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + endless),
               Catch::Matchers::StartsWith("the answer has "));
}

TEST_CASE("a length that is announced takes no memory") {
    http_answer answer;
    std::string body;
    answer.take("HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\nabc", body);
    CHECK(body == "abc");
    CHECK_FALSE(answer.is_complete());
}
