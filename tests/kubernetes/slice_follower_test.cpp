// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/slice_follower.hpp"

#include "discovery/kubernetes/malformed_answer.hpp"
#include "discovery/kubernetes/slice_query.hpp"
#include "reading.hpp"
#include "recorded.hpp"

#include "support/catch.hpp"

using podpool::detail::malformed_answer;
using podpool::detail::percent_encoded;
using podpool::detail::slice_follower;
using podpool::detail::slice_set;
using podpool::detail::watch_pace;
using podpool::detail::watch_patience;
using end = watch_pace::end_kind;

namespace {

const podpool::detail::api_status invalid{422, "Invalid", "", {}, {}};
const podpool::detail::api_status gone{410, "Expired", "", {}, {}};

/// A follower of prod/db, and how often it told of progress.
struct followed {
    explicit followed(std::size_t bound = slice_follower::longest_list)
        : follower("prod", "db", watch_patience{}, 1, [this] { ++progress; }, bound) {}

    std::string begin() {
        std::string query = follower.begin();
        follower.begun();
        return query;
    }
    bool event(const std::string& text) { return follower.body(text + "\n"); }
    /// The streaming list, with one pod in it, is complete.
    void list() {
        begin();
        event(recorded::event("ADDED", recorded::slice("236", "[" + recorded::db0 + "]")));
        event(recorded::initial_events_end);
    }
    /// How many endpoints the slices have.
    [[nodiscard]] std::size_t count() const {
        std::size_t sum = 0;
        for (const auto* slice : follower.slices()->newest_first()) sum += slice->endpoints.size();
        return sum;
    }

    int progress = 0;
    slice_follower follower;
};

std::string page(const std::string& name, const std::string& next) {
    const std::string item =
        reading::with(recorded::metadata("236"), R"("name":"db-r2mdz")", R"("name":")" + name + '"');
    return R"({"kind":"EndpointSliceList","apiVersion":"discovery.k8s.io/v1","metadata":{"resourceVersion":"237",)"
           R"("continue":")" +
           next + R"("},"items":[{"metadata":)" + item + R"(,"addressType":"IPv4","endpoints":[)" +
           recorded::db0 + R"(],"ports":null}]})";
}

}  // namespace

TEST_CASE("texts go into a query percent-encoded") {
    CHECK(percent_encoded("db-0.prod_a~") == "db-0.prod_a~");
    CHECK(percent_encoded("kubernetes.io/service-name=db") == "kubernetes.io%2Fservice-name%3Ddb");
    CHECK(percent_encoded("a b+c&d\xff%") == "a%20b%2Bc%26d%FF%25");
}

TEST_CASE("each kind of request has its query") {
    followed watched;
    const std::string start =
        "/apis/discovery.k8s.io/v1/namespaces/prod/"
        "endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Ddb";
    const std::string first = watched.begin();
    CHECK_THAT(first,
               Catch::Matchers::StartsWith(start + "&watch=1&allowWatchBookmarks=true&timeoutSeconds="));
    CHECK_THAT(first, Catch::Matchers::EndsWith("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"));
    watched.event(recorded::initial_events_end);
    watched.follower.finished();
    const std::string second = watched.begin();
    CHECK_THAT(second,
               Catch::Matchers::StartsWith(start + "&watch=1&allowWatchBookmarks=true&timeoutSeconds="));
    CHECK_THAT(second, Catch::Matchers::EndsWith("&resourceVersion=267"));
    watched.follower.refused(gone);
    watched.follower.begin();
    watched.follower.refused(invalid);
    CHECK(watched.follower.begin() == start + "&limit=500");
}

TEST_CASE("a streaming list counts when it is complete, and changes count at once") {
    followed watched;
    watched.begin();
    CHECK(watched.event(recorded::event("ADDED", recorded::slice("236", "[" + recorded::db0 + "]"))));
    CHECK(watched.follower.slices() == nullptr);
    CHECK(watched.progress == 0);
    CHECK(watched.event(recorded::initial_events_end));
    REQUIRE(watched.follower.slices() != nullptr);
    CHECK(watched.count() == 1);
    CHECK(watched.progress == 1);
    const auto before = watched.follower.slices();
    // A bookmark confirms what there is.
    watched.event(recorded::bookmark);
    CHECK(watched.progress == 2);
    CHECK(watched.follower.slices() == before);
    watched.event(recorded::modified());
    CHECK(watched.progress == 3);
    CHECK(watched.count() == 2);
    // What was given away doesn't change.
    CHECK(before->newest_first().front()->endpoints.size() == 1);
}

TEST_CASE("a second list takes the place of the first when it is complete, not before") {
    followed watched;
    watched.list();
    CHECK_FALSE(watched.event(recorded::expired));
    REQUIRE(watched.follower.refusal());
    watched.follower.refused(*watched.follower.refusal());
    CHECK(watched.count() == 1);
    watched.begin();
    CHECK_FALSE(watched.follower.refusal());
    watched.event(recorded::event("ADDED", recorded::empty_slice("300")));
    CHECK(watched.count() == 1);
    watched.event(recorded::initial_events_end);
    CHECK(watched.count() == 0);
}

TEST_CASE("a list that ends early changes nothing, wherever it does") {
    const std::string body =
        recorded::event("ADDED", recorded::empty_slice("300")) + "\n" + recorded::initial_events_end + "\n";
    for (std::size_t cut = 0; cut < body.size() - 1; ++cut) {
        followed watched;
        watched.list();
        watched.follower.refused(gone);
        watched.begin();
        watched.follower.body(std::string_view(body).substr(0, cut));
        watched.follower.failed(end::cut);
        REQUIRE(watched.count() == 1);
        // The same where the connection seemed to end properly.
        watched.begin();
        watched.follower.body(std::string_view(body).substr(0, cut));
        watched.follower.finished();
        REQUIRE(watched.count() == 1);
    }
}

TEST_CASE("the pages of a list are one list") {
    followed watched;
    watched.follower.begin();
    watched.follower.refused(invalid);
    watched.begin();
    watched.follower.body(page("db-a", "next one&"));
    CHECK(watched.follower.finished().pause.count() == 0);
    CHECK(watched.follower.slices() == nullptr);
    CHECK_THAT(watched.begin(), Catch::Matchers::EndsWith("&limit=500&continue=next%20one%26"));
    watched.follower.body(page("db-b", ""));
    watched.follower.finished();
    REQUIRE(watched.follower.slices() != nullptr);
    CHECK(watched.follower.slices()->size() == 2);
    CHECK_THAT(watched.begin(), Catch::Matchers::EndsWith("&resourceVersion=237"));
}

TEST_CASE("a list whose pages fail begins anew, and one that has too many is refused") {
    followed watched;
    watched.follower.begin();
    watched.follower.refused(invalid);
    watched.begin();
    watched.follower.body(page("db-a", "next"));
    watched.follower.finished();
    watched.follower.begin();
    watched.follower.refused(gone);
    CHECK_THAT(watched.begin(), Catch::Matchers::EndsWith("&limit=500"));
    watched.follower.body(page("db-b", ""));
    watched.follower.finished();
    CHECK(watched.follower.slices()->size() == 1);

    watched.begin();
    watched.follower.refused(gone);
    const auto ask_on = [&] {
        for (std::size_t count = 0; count <= slice_follower::most_pages; ++count) {
            watched.begin();
            watched.follower.body(page("db-c", "and on"));
            watched.follower.finished();
        }
    };
    CHECK_THROWS_AS(ask_on(), malformed_answer);
    CHECK(watched.follower.slices()->size() == 1);
}

TEST_CASE("a list beyond its bound is refused while it comes") {
    const std::string list = recorded::list();
    followed exact(list.size());
    exact.follower.begin();
    exact.follower.refused(invalid);
    exact.begin();
    exact.follower.body(list);
    exact.follower.finished();
    CHECK(exact.count() == 1);

    followed less(list.size() - 1);
    less.follower.begin();
    less.follower.refused(invalid);
    less.begin();
    less.follower.body(std::string_view(list).substr(0, list.size() - 1));
    CHECK_THROWS_AS(less.follower.body("}"), malformed_answer);
}

TEST_CASE("what came before something malformed counts") {
    followed watched;
    watched.list();
    CHECK_THROWS_AS(watched.follower.body(recorded::modified() + "\n<html>"), malformed_answer);
    CHECK(watched.count() == 2);
    watched.follower.failed(end::malformed);
    // All is asked for anew after it.
    CHECK_THAT(watched.begin(), Catch::Matchers::EndsWith("NotOlderThan"));
    CHECK(watched.count() == 2);
}

TEST_CASE("a watch that the server takes up again is progress") {
    followed watched;
    watched.list();
    watched.follower.finished();
    const int before = watched.progress;
    watched.follower.begin();
    CHECK(watched.progress == before);
    watched.follower.begun();
    CHECK(watched.progress == before + 1);
}
