// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/event_stream.hpp"

#include "kubernetes/reading.hpp"
#include "kubernetes/recorded.hpp"

#include <algorithm>

using Catch::Matchers::ContainsSubstring;
using podpool::detail::api_status;
using podpool::detail::event_stream;
using podpool::detail::malformed_answer;
using podpool::detail::skipped_event;
using podpool::detail::slice_change;
using podpool::detail::watch_bookmark;
using podpool::detail::watch_event;
using reading::slice_in;
using reading::with;
using kind = slice_change::change_kind;

namespace {

/// What came of a body: its events, and how it ended.
struct outcome {
    std::vector<watch_event> events;
    std::string problem;
};

/// Takes a body in pieces of so many bytes.
outcome play(const std::string& body, std::size_t piece, std::size_t longest = event_stream::longest_event) {
    outcome result;
    event_stream stream(longest);
    try {
        for (std::size_t at = 0; at < body.size(); at += piece) {
            stream.take(std::string_view(body).substr(at, piece), result.events);
        }
        stream.end();
    } catch (const malformed_answer& problem) {
        result.problem = problem.what();
    }
    return result;
}

/// The same body in every size of pieces gives the same.
outcome play_in_all_cuts(const std::string& body, std::size_t longest = event_stream::longest_event) {
    const outcome whole = play(body, std::max<std::size_t>(body.size(), 1), longest);
    for (std::size_t piece = 1; piece < std::min<std::size_t>(body.size(), 200); ++piece) {
        const outcome cut = play(body, piece, longest);
        CAPTURE(piece);
        REQUIRE(cut.events == whole.events);
        REQUIRE(cut.problem == whole.problem);
    }
    return whole;
}

std::string problem_of(const std::string& body, std::size_t longest = event_stream::longest_event) {
    return play_in_all_cuts(body, longest).problem;
}

}  // namespace

TEST_CASE("the recorded events of a watch are read, however its bytes are cut") {
    const std::string gone = recorded::event("DELETED", recorded::slice("271", "[" + recorded::db0 + "]"));
    const std::string body = recorded::event("ADDED", recorded::empty_slice("240")) + "\n" +
                             recorded::modified() + "\n" + recorded::bookmark + "\n" +
                             recorded::initial_events_end + "\n" + gone + "\n" + recorded::expired + "\n";
    const outcome result = play_in_all_cuts(body);
    CHECK(result.problem.empty());
    REQUIRE(result.events.size() == 6);
    CHECK(result.events[0] == watch_event(slice_change{kind::added, slice_in(recorded::empty_slice("240"))}));
    const auto& change = std::get<slice_change>(result.events[1]);
    CHECK(change.kind == kind::modified);
    CHECK(change.slice.resource_version == "250");
    REQUIRE(change.slice.endpoints.size() == 2);
    CHECK(change.slice.endpoints[1].terminating);
    CHECK(result.events[2] == watch_event(watch_bookmark{"262", false}));
    CHECK(result.events[3] == watch_event(watch_bookmark{"267", true}));
    CHECK(std::get<slice_change>(result.events[4]).kind == kind::deleted);
    CHECK(result.events[5] ==
          watch_event(api_status{410, "Expired", "too old resource version: 279 (280)", {}, {}}));
}

TEST_CASE("events may follow each other with any white space or none") {
    const std::string one = recorded::bookmark;
    const std::vector<watch_event> two(2, watch_bookmark{"262", false});
    for (const std::string& body :
         {one + one, one + "\n" + one, one + "\r\n\r\n \t" + one, "\n " + one + one + "\n\n"}) {
        const outcome result = play_in_all_cuts(body);
        CHECK(result.events == two);
        CHECK(result.problem.empty());
    }
    CHECK(play_in_all_cuts("").problem.empty());
    CHECK(play_in_all_cuts(" \r\n").problem.empty());
}

TEST_CASE("an event is there as soon as its last byte is, without a new line after it") {
    event_stream stream;
    std::vector<watch_event> events;
    const std::string_view body = recorded::bookmark;
    stream.take(body.substr(0, body.size() - 1), events);
    CHECK(events.empty());
    stream.take(body.substr(body.size() - 1), events);
    CHECK(events.size() == 1);
    CHECK_NOTHROW(stream.end());
}

TEST_CASE("a bookmark ends the initial events if it is annotated so") {
    const auto ends = [](const std::string& annotations) {
        const std::string from = R"("annotations":{"k8s.io/initial-events-end":"true"})";
        const outcome result = play(with(recorded::initial_events_end, from, annotations), 1000);
        return std::get<watch_bookmark>(result.events.at(0)).initial_events_end;
    };
    CHECK(ends(R"("annotations":{"x":"y","k8s.io/initial-events-end":"true"})"));
    CHECK_FALSE(ends(R"("annotations":{"k8s.io/initial-events-end":"false"})"));
    CHECK_FALSE(ends(R"("annotations":{})"));
    CHECK_FALSE(ends(R"("annotations":null)"));
}

TEST_CASE("an event of an unknown type is skipped with a remark, and the next one is read") {
    const outcome result = play_in_all_cuts(R"({"type":"RENAMED\n","object":{"x":1}})" + recorded::bookmark);
    CHECK(result.problem.empty());
    REQUIRE(result.events.size() == 2);
    CHECK(result.events[0] == watch_event(skipped_event{R"(an event of the type "RENAMED?" was skipped)"}));
    CHECK(result.events[1] == watch_event(watch_bookmark{"262", false}));
}

TEST_CASE("garbage is an error that says where, after the events before it") {
    const outcome result = play_in_all_cuts(recorded::bookmark + "\n<html>");
    CHECK(result.events.size() == 1);
    CHECK(result.problem == "event 2 of the watch, at byte " + std::to_string(recorded::bookmark.size() + 1) +
                                ", begins with \"<\"; expected an object in JSON");
    for (const char* body : {"[]", "7", "null", "\"text\"", "\x1b[2J", "\xff", "}"}) {
        CAPTURE(body);
        CHECK_THAT(problem_of(body), ContainsSubstring("event 1 of the watch, at byte 0, begins with "));
    }
    for (const char* body : {"{]", "{\"type\":}", "{\"a\":\"\xff\"}", "{\"a\":1,}", "{/**/}", "{\"a\":01}"}) {
        CAPTURE(body);
        CHECK_THAT(problem_of(body), ContainsSubstring("event 1 of the watch, at byte 0, is no JSON"));
    }
}

TEST_CASE("an event of the wrong kind is an error that says where") {
    CHECK(problem_of(" {}") ==
          "event 1 of the watch, at byte 1: type is missing; expected ADDED, MODIFIED, DELETED, BOOKMARK or "
          "ERROR");
    CHECK(problem_of(R"({"type":7,"object":{}})") ==
          "event 1 of the watch, at byte 0: type is a number; expected a text");
    CHECK(problem_of(R"({"type":"ADDED"})") ==
          "event 1 of the watch, at byte 0: object is missing; expected an object");
    CHECK(problem_of(R"({"type":"ADDED","object":{"kind":"Pod"}})") ==
          R"(event 1 of the watch, at byte 0: object.kind is "Pod"; expected "EndpointSlice")");
    CHECK(problem_of(R"({"type":"BOOKMARK","object":{"metadata":{}}})") ==
          "event 1 of the watch, at byte 0: object.metadata.resourceVersion is missing; expected a text");
    CHECK(problem_of(R"({"type":"ERROR","object":{}})") ==
          R"(event 1 of the watch, at byte 0: object.kind is missing; expected "Status")");
    const std::string bad = with(recorded::modified(), R"("terminating":true)", R"("terminating":1)");
    CHECK(problem_of(recorded::bookmark + bad) ==
          "event 2 of the watch, at byte " + std::to_string(recorded::bookmark.size()) +
              ": object.endpoints[1].conditions.terminating is a number; expected true or false");
}

TEST_CASE("a body that ends within an event is an error") {
    CHECK(problem_of("{\"type\":") == "the watch ended after 8 bytes, within event 1");
    CHECK(problem_of("{") == "the watch ended after 1 bytes, within event 1");
    CHECK(problem_of(recorded::bookmark + "\n{\"") == "the watch ended after " +
                                                          std::to_string(recorded::bookmark.size() + 3) +
                                                          " bytes, within event 2");
}

TEST_CASE("the length of an event and its depth are bounded, and what is between events is not") {
    const std::size_t size = recorded::bookmark.size();
    CHECK(problem_of(recorded::bookmark + std::string(3 * size, '\n') + recorded::bookmark, size).empty());
    CHECK(problem_of("\n" + recorded::bookmark, size - 1) ==
          "event 1 of the watch, at byte 1, is longer than " + std::to_string(size - 1) + " bytes");
    CHECK(problem_of("{\"a\":\"" + std::string(64, 'x'), 32) ==
          "event 1 of the watch, at byte 0, is longer than 32 bytes");
    CHECK(problem_of(R"({"type":"X","object":{},"a":)" + std::string(31, '[') + std::string(31, ']') + "}")
              .empty());
    CHECK_THAT(problem_of(R"({"type":"X","object":{},"a":)" + std::string(32, '[')),
               ContainsSubstring("has more than 32 levels"));
}

TEST_CASE("a slice of a thousand endpoints comes through, cut at odd places") {
    const std::string event =
        recorded::event("ADDED", recorded::slice("9", reading::list_of(1000, recorded::db0)));
    const outcome whole = play(event, event.size());
    REQUIRE(whole.events.size() == 1);
    CHECK(std::get<slice_change>(whole.events[0]).slice.endpoints.size() == 1000);
    for (const std::size_t piece : {1U, 1460U, 4096U, 65536U})
        CHECK(play(event, piece).events == whole.events);
}
