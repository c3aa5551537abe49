// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/watch_pace.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <set>

using podpool::core::duration;
using podpool::core::never;
using podpool::core::time_point;
using podpool::detail::api_status;
using podpool::detail::slice_change;
using podpool::detail::watch_bookmark;
using podpool::detail::watch_pace;
using request = watch_pace::request_kind;
using end = watch_pace::end_kind;
using verdict = watch_pace::verdict;
using namespace std::chrono_literals;

namespace {

const api_status expired{410, "Expired", "too old resource version: 279 (280)", {}, {}};
const api_status unauthorized{401, "Unauthorized", "Unauthorized", {}, {}};
const api_status forbidden{403, "Forbidden", "", {}, {}};
const api_status too_many{429, "TooManyRequests", "", {}, {}};
const api_status unavailable{503, "ServiceUnavailable", "", {}, {}};
const api_status invalid{422, "Invalid", "sendInitialEvents: Forbidden", {}, {}};

slice_change change(const std::string& version) {
    slice_change result;
    result.slice.resource_version = version;
    return result;
}

/// A pace with a clock that a test moves.
struct paced {
    explicit paced(std::uint64_t seed = 1) : pace(seed) {}

    void ask() { pace.asked(now); }
    void answer() {
        ask();
        pace.answered(now);
    }
    void receive(const podpool::detail::watch_event& event) { pace.received(event, now); }
    verdict end_by(end how) { return pace.ended(how, now); }
    verdict refuse(const api_status& status) { return pace.refused(status, now); }
    /// The streaming list came, with this version, and the watch goes on.
    void begin(const std::string& version = "267") {
        answer();
        receive(change("5"));
        receive(watch_bookmark{version, true});
    }

    time_point now{1h};
    watch_pace pace;
};

}  // namespace

TEST_CASE("a streaming list comes first, and the watch goes on from its end") {
    paced client;
    CHECK(client.pace.next() == request::streaming_list);
    CHECK(client.pace.version().empty());
    CHECK(client.pace.deadline() == never);
    client.answer();
    // In no order: none of them is a version to go on from.
    client.receive(change("9"));
    client.receive(change("5"));
    CHECK(client.pace.next() == request::streaming_list);
    CHECK(client.pace.version().empty());
    client.receive(watch_bookmark{"267", true});
    CHECK(client.pace.next() == request::watch);
    CHECK(client.pace.version() == "267");
    client.receive(change("270"));
    CHECK(client.pace.version() == "270");
    client.receive(change(""));
    CHECK(client.pace.version() == "270");
    client.receive(watch_bookmark{"275", false});
    CHECK(client.pace.version() == "275");
}

TEST_CASE("a watch that ends in its time is followed by another one at once") {
    paced client;
    client.begin();
    client.now += 6min;
    const verdict ended = client.end_by(end::closed);
    CHECK(ended.pause == 0s);
    CHECK_FALSE(ended.tell);
    CHECK(client.pace.next() == request::watch);
    CHECK(client.pace.version() == "267");
    CHECK(client.pace.deadline() == never);
    // Without an event it may be short, but not that short.
    client.answer();
    client.now += 1s;
    CHECK(client.end_by(end::closed).pause == 0s);
    client.answer();
    client.receive(change("268"));
    CHECK(client.end_by(end::closed).pause == 0s);
    CHECK(client.pace.next() == request::watch);
}

TEST_CASE("a 200 with nothing in it is a failure, and leads to a new list, never to a busy loop") {
    paced client;
    duration all{0};
    for (int round = 0; round < 10; ++round) {
        client.begin();
        CHECK(client.end_by(end::closed).pause == 0s);
        REQUIRE(client.pace.next() == request::watch);
        client.answer();
        client.now += 10ms;
        const verdict ended = client.end_by(end::closed);
        CHECK(ended.tell);
        CHECK(client.pace.next() == request::streaming_list);
        CHECK(client.pace.version().empty());
        all += ended.pause;
        client.now += ended.pause;
    }
    CHECK(all > 10s);
}

TEST_CASE("a server that can't be reached is asked the same again, after 0.8 to 4 seconds") {
    paced client;
    client.begin();
    CHECK(client.end_by(end::cut).pause <= 800ms);
    duration longest{0};
    for (int round = 0; round < 100; ++round) {
        client.ask();
        client.now += 5s;
        const verdict ended = client.end_by(end::unreachable);
        CHECK(ended.tell);
        CHECK(ended.pause <= 4s);
        longest = std::max(longest, ended.pause);
        CHECK(client.pace.next() == request::watch);
        CHECK(client.pace.version() == "267");
    }
    CHECK(longest > 3500ms);

    paced fresh;
    fresh.ask();
    CHECK(fresh.end_by(end::unreachable).pause <= 800ms);
    CHECK(fresh.pace.next() == request::streaming_list);
}

TEST_CASE("a connection that is cut is no news by itself") {
    paced client;
    client.begin();
    client.now += 1min;
    CHECK_FALSE(client.end_by(end::cut).tell);
    CHECK(client.pace.next() == request::watch);
    // Right away, without an event: it is.
    client.answer();
    CHECK(client.end_by(end::cut).tell);

    paced fresh;
    fresh.answer();
    fresh.receive(change("5"));
    (void)fresh.end_by(end::cut);
    CHECK(fresh.pace.next() == request::streaming_list);
    CHECK(fresh.pace.version().empty());
}

TEST_CASE("a streaming list that is refused is replaced by list and watch for good") {
    for (const int code : {400, 405, 406, 415, 422, 501}) {
        CAPTURE(code);
        paced client;
        client.ask();
        const verdict refused = client.refuse({code, "", "", {}, {}});
        CHECK(refused.pause == 0s);
        CHECK_FALSE(refused.tell);
        CHECK(client.pace.next() == request::list);
        CHECK(client.pace.version().empty());
        client.answer();
        client.pace.listed("237");
        CHECK(client.pace.next() == request::watch);
        CHECK(client.pace.version() == "237");
        CHECK(client.pace.deadline() == never);
        client.answer();
        (void)client.refuse(expired);
        CHECK(client.pace.next() == request::list);
    }
    // Of another request it is an error like others.
    paced client;
    client.ask();
    (void)client.refuse(invalid);
    client.ask();
    CHECK(client.refuse(invalid).tell);
    CHECK(client.pace.next() == request::list);
}

TEST_CASE("initial events without an end within ten seconds are those of an old server") {
    paced client;
    client.ask();
    client.now += 2s;
    client.pace.answered(client.now);
    CHECK(client.pace.deadline() == client.now + 10s);
    client.now += 5s;
    client.receive(change("5"));
    CHECK(client.pace.deadline() == client.now + 5s);
    client.now += 5s;
    const verdict ended = client.end_by(end::gave_up);
    CHECK(ended.pause == 0s);
    CHECK_FALSE(ended.tell);
    CHECK(client.pace.next() == request::list);

    paced closed;
    closed.answer();
    closed.receive(change("5"));
    CHECK(closed.end_by(end::closed).pause == 0s);
    CHECK(closed.pace.next() == request::list);
}

TEST_CASE("a version that is forgotten leads to a new list, soon, and told only if it happens again") {
    for (const api_status& status :
         {expired, api_status{410, "Gone", "", {}, {}}, api_status{0, "Expired", "", {}, {}}}) {
        paced client;
        client.begin();
        const verdict first = client.refuse(status);
        CHECK(first.pause <= 800ms);
        CHECK_FALSE(first.tell);
        CHECK(client.pace.next() == request::streaming_list);
        CHECK(client.pace.version().empty());
        duration all{0};
        for (int round = 0; round < 10; ++round) {
            client.now += 100ms;
            client.begin();
            const verdict again = client.refuse(status);
            CHECK(again.tell);
            all += again.pause;
        }
        CHECK(all > 10s);
        client.now += 5min;
        client.begin();
        const verdict later = client.refuse(status);
        CHECK(later.pause <= 800ms);
        CHECK_FALSE(later.tell);
    }
}

TEST_CASE("401 is told, and the same is asked again: the token is read before each request anyway") {
    paced client;
    client.begin();
    (void)client.end_by(end::closed);
    client.ask();
    const verdict refused = client.refuse(unauthorized);
    CHECK(refused.tell);
    CHECK(refused.pause <= 800ms);
    CHECK(client.pace.next() == request::watch);
    CHECK(client.pace.version() == "267");
    duration longest{0};
    for (int round = 0; round < 100; ++round) {
        client.now += 20s;
        longest = std::max(longest, client.refuse(unauthorized).pause);
    }
    CHECK(longest > 25s);
    CHECK(longest <= 30s);
}

TEST_CASE("403 is told when it stays for three seconds") {
    paced client;
    client.begin();
    (void)client.end_by(end::closed);
    for (int round = 0; round < 3; ++round) {
        client.ask();
        const verdict refused = client.refuse(forbidden);
        CHECK_FALSE(refused.tell);
        CHECK(refused.pause <= 4s);
        client.now += 999ms;
    }
    client.now += 3ms;
    CHECK(client.refuse(forbidden).tell);
    CHECK(client.pace.next() == request::watch);
    duration longest{0};
    for (int round = 0; round < 100; ++round) {
        client.now += 20s;
        const verdict refused = client.refuse(forbidden);
        CHECK(refused.tell);
        longest = std::max(longest, refused.pause);
    }
    CHECK(longest > 25s);
    CHECK(longest <= 30s);
    // An answer begins it anew, and so does a server that is away.
    client.answer();
    CHECK_FALSE(client.refuse(forbidden).tell);
    client.now += 5s;
    (void)client.end_by(end::unreachable);
    CHECK_FALSE(client.refuse(forbidden).tell);
    client.now += 5s;
    (void)client.refuse(unavailable);
    CHECK_FALSE(client.refuse(forbidden).tell);
}

TEST_CASE("429 keeps the watch, 5xx lists anew, and both wait for up to 30 seconds") {
    for (const api_status& status :
         {too_many, unavailable, api_status{500, "", "", {}, {}}, api_status{504, "", "", {}, {}}}) {
        CAPTURE(status.code);
        paced client;
        client.begin();
        (void)client.end_by(end::closed);
        client.ask();
        const verdict refused = client.refuse(status);
        CHECK(refused.tell);
        CHECK(refused.pause <= 800ms);
        CHECK(client.pace.next() == (status.code == 429 ? request::watch : request::streaming_list));
        duration longest{0};
        for (int round = 0; round < 200; ++round) {
            client.now += 20s;
            longest = std::max(longest, client.refuse(status).pause);
        }
        CHECK(longest > 29s);
        CHECK(longest <= 30s);
    }
}

TEST_CASE("Retry-After is obeyed, within reason") {
    std::set<duration> pauses;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        paced client(seed);
        api_status later = too_many;
        later.retry_after = 7s;
        const duration pause = client.refuse(later).pause;
        CHECK(pause >= 7s);
        CHECK(pause <= 7800ms);
        pauses.insert(pause);
        later.retry_after = std::chrono::hours(1000);
        CHECK(client.refuse(later).pause <= 5min + 800ms);
        CHECK(client.refuse(later).pause >= 5min);
    }
    CHECK(pauses.size() > 10);
}

TEST_CASE("what is no answer of an API server is told, and leads to a new list") {
    paced client;
    client.begin();
    client.receive(change("300"));
    const verdict ended = client.end_by(end::malformed);
    CHECK(ended.tell);
    CHECK(ended.pause <= 800ms);
    CHECK(client.pace.next() == request::streaming_list);
    for (const int code : {301, 404, 418, 0}) {
        paced other;
        other.begin();
        CAPTURE(code);
        CHECK(other.refuse({code, "", "", {}, {}}).tell);
        CHECK(other.pace.next() == request::streaming_list);
    }
}

TEST_CASE("an answer's head may take thirty seconds, and so may a list") {
    paced client;
    client.ask();
    CHECK(client.pace.deadline() == client.now + 30s);
    client.now += 30s;
    CHECK(client.end_by(end::gave_up).tell);
    CHECK(client.pace.next() == request::streaming_list);
    CHECK(client.pace.deadline() == never);

    (void)client.refuse(invalid);
    REQUIRE(client.pace.next() == request::list);
    client.ask();
    const time_point asked = client.now;
    client.now += 20s;
    client.pace.answered(client.now);
    CHECK(client.pace.deadline() == asked + 30s);
    CHECK(client.end_by(end::gave_up).tell);
    CHECK(client.pace.next() == request::list);

    // A watch that isn't even answered can be asked for again.
    client.pace.listed("5");
    client.ask();
    CHECK(client.end_by(end::gave_up).tell);
    CHECK(client.pace.next() == request::watch);
    CHECK(client.pace.version() == "5");
}

TEST_CASE(
    "silence ends a watch after 150 seconds once bookmarks have come, else half a minute after its time") {
    paced client;
    client.begin();
    const time_point asked = client.now;
    const duration lifetime = client.pace.lifetime();
    CHECK(client.pace.deadline() == asked + lifetime + 30s);
    client.now += 1min;
    client.receive(change("268"));
    CHECK(client.pace.deadline() == asked + lifetime + 30s);
    client.receive(watch_bookmark{"269", false});
    CHECK(client.pace.deadline() == client.now + 150s);
    client.now += 1min;
    client.receive(change("270"));
    CHECK(client.pace.deadline() == client.now + 150s);
    client.now = asked + lifetime;
    client.receive(watch_bookmark{"271", false});
    CHECK(client.pace.deadline() == asked + lifetime + 30s);
    client.now += 150s;
    const verdict ended = client.end_by(end::gave_up);
    CHECK(ended.tell);
    CHECK(ended.pause <= 800ms);
    // The server may know nothing of the version: it is silent to another watch from there, too.
    CHECK(client.pace.next() == request::streaming_list);
    // It is known of the server from now on.
    client.begin();
    CHECK(client.pace.deadline() == client.now + 150s);
}

TEST_CASE("watches last for five to ten minutes, each for another time") {
    std::set<std::chrono::seconds> lifetimes;
    paced client;
    for (int round = 0; round < 2000; ++round) {
        client.ask();
        lifetimes.insert(client.pace.lifetime());
    }
    CHECK(*lifetimes.begin() == 300s);
    CHECK(*lifetimes.rbegin() == 600s);
    CHECK(lifetimes.size() > 250);
}

TEST_CASE(
    "whatever happens, pauses are bounded, watches have a version, and what is under way has a deadline") {
    podpool::core::random rng(42);
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        paced client(seed);
        for (int round = 0; round < 100; ++round) {
            REQUIRE(client.pace.version().empty() == (client.pace.next() != request::watch));
            client.ask();
            if (rng.below(3) > 0) {
                client.pace.answered(client.now);
                if (rng.below(2) > 0) client.receive(watch_bookmark{"7", rng.below(2) == 0});
            }
            client.now += rng.up_to(10min);
            REQUIRE(client.pace.deadline() != never);
            verdict ended;
            const auto which = rng.below(12);
            if (which < 5) {
                ended = client.end_by(static_cast<end>(which));
            } else if (which < 11) {
                ended = client.refuse(
                    std::array{expired, unauthorized, forbidden, too_many, unavailable, invalid}[which - 5]);
            } else {
                client.pace.listed("3");
            }
            REQUIRE(ended.pause >= 0s);
            REQUIRE(ended.pause <= 30s);
            REQUIRE(client.pace.deadline() == never);
            client.now += ended.pause;
        }
    }
}
