// SPDX-License-Identifier: BSL-1.0
// RC_PARAMS="seed=... max_success=..." repeats or lengthens a run.

#include "support/catch.hpp"

#include <podpool/detail/connection_string.hpp>
#include <podpool/detail/duration_text.hpp>
#include <podpool/error.hpp>
#include <podpool/option_values.hpp>
#include <podpool/options.hpp>

#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using podpool::options;

namespace {

const std::string canary = "CANARY";

/// Pieces that connection strings are made of, so that random text gets past the first check.
rc::Gen<std::string> any_piece() {
    return rc::gen::oneOf(
        rc::gen::element<std::string>(
            "pool_max_conns", "pool_name", "pool_max_conn_lifetime", "pool_max_conn_lifetime_jitter",
            "pool_dns_servers", "pool_reset", "pool_", "pool%5Fname", "host", "sslmode", "=", "=", "=", " ",
            " ", "&", "&", "?", "/", "@", ":", ",", "[", "]", "'", "\\", "%", "%2", "%20", "%00", "\t", "8",
            "30s", "10%25", "full", "a", "://", "10.0.0.1:53", "-", "."),
        rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
}

rc::Gen<std::string> any_text() {
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(any_piece()),
                        [](const std::vector<std::string>& pieces) {
                            std::string text;
                            for (const std::string& piece : pieces) text += piece;
                            return text;
                        });
}

/// Parses and returns the message of the exception, empty if there is none; anything else escapes.
std::string problem(const std::string& text) {
    try {
        options::parse(text);
    } catch (const podpool::error& e) {
        return e.what();
    }
    return {};
}

struct inserted_pair {
    std::string text;
    std::size_t place;
};

const std::vector<std::string> uri_pairs{
    "pool_max_conns=8",  "pool_min_conns=2", "pool_name=a%20b%26%3D",
    "pool%5Freset=none", "pool_balance=p2c", "pool_max_conn_lifetime_jitter=10%25",
};
const std::vector<std::string> keyword_pairs{
    "pool_max_conns=8", "pool_min_conns\t= 2", "pool_name='a b = c'",
    "pool_reset= none", "pool_balance ='p2c'", "pool_max_conn_lifetime_jitter=10\\%",
};

rc::Gen<std::vector<std::size_t>> any_places() {
    return rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 100));
}

/// Puts as many of `extra` as there are places among `own`, in random places.
std::vector<std::string> mixed(std::vector<std::string> own, const std::vector<std::string>& extra,
                               const std::vector<std::size_t>& places) {
    for (std::size_t i = 0; i < std::min(extra.size(), places.size()); ++i) {
        const auto at = static_cast<std::ptrdiff_t>(places[i] % (own.size() + 1));
        own.insert(own.begin() + at, extra[i]);
    }
    return own;
}

std::string join(const std::vector<std::string>& parts, const std::string& separator) {
    std::string text;
    for (const std::string& part : parts) text.append(text.empty() ? "" : separator).append(part);
    return text;
}

}  // namespace

TEST_CASE("a printed duration is read back exactly") {
    REQUIRE(rc::check("print, parse", [](std::int64_t number) {
        const std::chrono::nanoseconds value(number < 0 ? ~number : number);
        const auto parsed = podpool::detail::parse_duration(podpool::detail::duration_text(value));
        RC_ASSERT(parsed.problem.empty());
        RC_ASSERT(parsed.value.count() == value.count());
    }));
    REQUIRE(rc::check("print, parse, over all magnitudes", [] {
        const auto bits = *rc::gen::inRange(0, 63);
        const std::uint64_t number = *rc::gen::arbitrary<std::uint64_t>() >> (63 - bits) >> 1;
        const std::chrono::nanoseconds value(static_cast<std::int64_t>(number));
        RC_ASSERT(podpool::detail::parse_duration(podpool::detail::duration_text(value)).value == value);
    }));
}

TEST_CASE("#40 any string is read or refused with a podpool::error, and never takes more than it says") {
    REQUIRE(rc::check("parse", [] {
        const std::string text = *rc::gen::oneOf(
            any_text(),
            rc::gen::map(any_text(), [](const std::string& end) { return "postgresql://h/db?" + end; }));
        const std::string message = problem(text);
        RC_CLASSIFY(message.empty(), "read");
        RC_ASSERT(message.size() < 500);
    }));
}

TEST_CASE("#40 no exception's text holds the password, whatever stands around it") {
    REQUIRE(rc::check("URI", [] {
        const std::string text = "postgresql://user:" + canary + "@" + *any_text() + "?" + *any_text();
        RC_ASSERT(problem(text).find(canary) == std::string::npos);
    }));
    REQUIRE(rc::check("query part", [] {
        const std::string text = "mysql://h/?" + *any_text() + "&password=" + canary + "&" + *any_text();
        RC_ASSERT(problem(text).find(canary) == std::string::npos);
    }));
    REQUIRE(rc::check("keywords", [] {
        const std::string text = *any_text() + " password=" + canary + " " + *any_text();
        RC_ASSERT(problem(text).find(canary) == std::string::npos);
    }));
    REQUIRE(rc::check("quoted", [] {
        const std::string text = *any_text() + " password = '" + canary + "'" + *any_text();
        RC_ASSERT(problem(text).find(canary) == std::string::npos);
    }));
}

TEST_CASE("#40 pool pairs put anywhere into a string come out and leave the original") {
    REQUIRE(rc::check("URI", [] {
        const std::string front = *rc::gen::element<std::string>(
            "postgresql://h", "postgres://u:p%40w@h1:5432,[::1]:5433/db", "postgresql:///",
            "mysql://u:p?w@h/db", "postgresql://u:p?pool_max_conns=1@h/db");
        const auto own = *rc::gen::container<std::vector<std::string>>(
            rc::gen::element<std::string>("sslmode=require", "application_name=a%20b", "host=/run/postgresql",
                                          "options=-c%20x%3D1", "a=b?c"));
        const auto with = mixed(own, uri_pairs, *any_places());
        const std::string original = front + (own.empty() ? "" : "?") + join(own, "&");
        const options parsed = options::parse(front + (with.empty() ? "" : "?") + join(with, "&"));
        RC_ASSERT(std::string(parsed.driver_string.reveal()) == original);
    }));
    REQUIRE(rc::check("keywords", [] {
        const auto own = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
            "host=a", "host = 'a b'", "password='x pool_max_conns=1'", "password='it\\'s pool_'",
            "password=a\\ b", "port=5432", "user=pool_max_conns"));
        const std::string blank = *rc::gen::element<std::string>(" ", "\t", "\n");
        const auto with = mixed(own, keyword_pairs, *any_places());
        const options parsed = options::parse(join(with, blank));
        RC_ASSERT(std::string(parsed.driver_string.reveal()) == join(own, blank));
    }));
}

TEST_CASE("the values that option_values prints are read back to the same options") {
    REQUIRE(rc::check("print, parse", [] {
        options first;
        first.max_conns = *rc::gen::inRange<std::size_t>(1, 100'001);
        first.min_conns = *rc::gen::inRange<std::size_t>(0, first.max_conns + 1);
        first.max_waiters = *rc::gen::inRange<std::size_t>(0, 1'000'001);
        first.max_conn_lifetime = std::chrono::nanoseconds(
            *rc::gen::inRange<std::int64_t>(1'000'000'000, std::int64_t{3650} * 86'400'000'000'000));
        first.max_conn_lifetime_jitter =
            std::chrono::nanoseconds(*rc::gen::inRange<std::int64_t>(0, first.max_conn_lifetime.count()));
        first.balance = *rc::gen::element(podpool::balance_policy::p2c, podpool::balance_policy::random);
        first.name = "a name";
        first.validate();
        std::string text;
        for (const podpool::option_value& one : podpool::option_values(first)) {
            text.append(one.key).append("='").append(one.value).append("' ");
        }
        RC_ASSERT(podpool::option_values(options::parse(text)) == podpool::option_values(first));
    }));
}
