// SPDX-License-Identifier: BSL-1.0
#include "discovery/dns_message.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

using podpool::detail::addresses_in;
using podpool::detail::parse_dns_message;
using podpool::detail::record_type;
using podpool::detail::services_in;
using bytes = std::vector<std::uint8_t>;
using namespace std::chrono_literals;

namespace {

void append(bytes& out, std::initializer_list<int> values) {
    for (const int value : values) out.push_back(static_cast<std::uint8_t>(value));
}

void append(bytes& out, const std::string& text) { out.insert(out.end(), text.begin(), text.end()); }

/// A response to "A db.x" with a CNAME db.x -> p.x (TTL 30) and p.x A 10.0.0.1 (TTL 5), compressed.
bytes chain() {
    bytes out;
    append(out, {0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0});
    append(out, {2});
    append(out, "dB");
    append(out, {1});
    append(out, "x");
    append(out, {0, 0, 1, 0, 1});
    append(out, {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 30, 0, 4, 1, 'P', 0xc0, 15});
    append(out, {0xc0, 34, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 0, 0, 1});
    return out;
}

/// A response with one record at the end: owner, type, class, TTL and data as given.
bytes with_record(std::initializer_list<int> record) {
    bytes out;
    append(out, {0x12, 0x34, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 0});
    append(out, record);
    return out;
}

}  // namespace

TEST_CASE("a CNAME chain is followed, and the smallest TTL on the way counts") {
    const auto message = parse_dns_message(chain());
    REQUIRE(message.has_value());
    CHECK(message->rcode == 0);
    const auto found = addresses_in(message->answers, "DB.x", record_type::a);
    REQUIRE(found.addresses.size() == 1);
    CHECK(found.addresses[0].to_string() == "10.0.0.1");
    CHECK(found.ttl == 5s);
    CHECK(addresses_in(message->answers, "db.x", record_type::aaaa).addresses.empty());
    CHECK_FALSE(addresses_in(message->answers, "db.x", record_type::aaaa).ttl.has_value());
}

TEST_CASE("records of names that weren't asked for are not taken") {
    const auto message = parse_dns_message(chain());
    REQUIRE(message.has_value());
    CHECK(addresses_in(message->answers, "other.x", record_type::a).addresses.empty());
    CHECK(addresses_in(message->answers, "x", record_type::a).addresses.empty());
}

TEST_CASE("a CNAME loop ends") {
    bytes out;
    append(out, {0x12, 0x34, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 0});
    append(out, {1, 'a', 0, 0, 5, 0, 1, 0, 0, 0, 5, 0, 3, 1, 'a', 0});
    const auto message = parse_dns_message(out);
    REQUIRE(message.has_value());
    CHECK(addresses_in(message->answers, "a", record_type::a).addresses.empty());
}

TEST_CASE("every packet that is cut short is malformed") {
    const bytes whole = chain();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(parse_dns_message({whole.data(), size}).has_value());
    }
    CHECK(parse_dns_message(whole).has_value());
}

TEST_CASE("compression pointers that loop or lead forward are malformed") {
    CHECK_FALSE(
        parse_dns_message(with_record({0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 1, 2, 3, 4})).has_value());
    CHECK_FALSE(
        parse_dns_message(with_record({0xc0, 200, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 1, 2, 3, 4})).has_value());
    CHECK_FALSE(parse_dns_message(with_record({1, 'a', 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 1, 2, 3, 4}))
                    .has_value());
    CHECK_FALSE(
        parse_dns_message(with_record({0x80, 0, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 1, 2, 3, 4})).has_value());
}

TEST_CASE("record data of the wrong length is malformed") {
    CHECK(parse_dns_message(with_record({1, 'a', 0, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 1, 2, 3, 4})).has_value());
    CHECK_FALSE(
        parse_dns_message(with_record({1, 'a', 0, 0, 1, 0, 1, 0, 0, 0, 5, 0, 3, 1, 2, 3, 4})).has_value());
    CHECK_FALSE(
        parse_dns_message(with_record({1, 'a', 0, 0, 1, 0, 1, 0, 0, 0, 5, 0, 5, 1, 2, 3, 4, 5})).has_value());
    CHECK_FALSE(
        parse_dns_message(with_record({1, 'a', 0, 0, 28, 0, 1, 0, 0, 0, 5, 0, 4, 1, 2, 3, 4})).has_value());
}

TEST_CASE("a question is no response") {
    bytes question = chain();
    question[2] = 0x01;
    CHECK_FALSE(parse_dns_message(question).has_value());
}

TEST_CASE("a TTL with the highest bit set is zero") {
    const auto message =
        parse_dns_message(with_record({1, 'a', 0, 0, 1, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 4, 1, 2, 3, 4}));
    REQUIRE(message.has_value());
    CHECK(addresses_in(message->answers, "a", record_type::a).ttl == 0s);
}

TEST_CASE("bytes that are no part of a host name can't pass for dots or other names") {
    const auto message =
        parse_dns_message(with_record({3, 'a', '.', 'b', 0, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 1, 2, 3, 4}));
    REQUIRE(message.has_value());
    CHECK(message->answers[0].owner == "a\\046b");
    CHECK(addresses_in(message->answers, "a.b", record_type::a).addresses.empty());
}

TEST_CASE("of SRV records only those with the lowest priority number count, and no empty target") {
    bytes out;
    append(out, {0x12, 0x34, 0x81, 0x80, 0, 0, 0, 4, 0, 0, 0, 0});
    append(out, {1, 's', 0, 0, 33, 0, 1, 0, 0, 0, 9, 0, 9, 0, 10, 0, 1, 0x15, 0x38, 1, 'b', 0});
    append(out, {1, 's', 0, 0, 33, 0, 1, 0, 0, 0, 5, 0, 9, 0, 0, 0, 1, 0x15, 0x39, 1, 'a', 0});
    append(out, {1, 's', 0, 0, 33, 0, 1, 0, 0, 0, 7, 0, 7, 0, 0, 0, 1, 0x15, 0x38, 0});
    append(out, {1, 's', 0, 0, 33, 0, 1, 0, 0, 0, 6, 0, 9, 0, 0, 0, 1, 0x15, 0x38, 1, 'c', 0});
    const auto message = parse_dns_message(out);
    REQUIRE(message.has_value());
    const auto found = services_in(*message, "S");
    REQUIRE(found.targets.size() == 2);
    CHECK(found.targets[0].host == "a");
    CHECK(found.targets[0].port == 5433);
    CHECK(found.targets[1].host == "c");
    CHECK(found.ttl == 5s);
}

TEST_CASE("random damage to a packet never does more than make it malformed") {
    const bytes whole = chain();
    std::minstd_rand random(20261123);
    int parsed = 0;
    std::size_t longest = 0;
    for (int round = 0; round < 200000; ++round) {
        bytes packet = whole;
        const auto damages = 1 + random() % 4;
        for (unsigned i = 0; i < damages; ++i) {
            packet[random() % packet.size()] = static_cast<std::uint8_t>(random());
        }
        packet.resize(packet.size() - random() % 3);
        if (const auto message = parse_dns_message(packet)) {
            ++parsed;
            for (const auto& record : message->answers) longest = std::max(longest, record.owner.size());
            addresses_in(message->answers, "db.x", record_type::a);
            services_in(*message, "db.x");
        }
    }
    CHECK(parsed > 1000);
    CHECK(longest > 0);
    CHECK(longest < 2000);
}
