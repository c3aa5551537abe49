// SPDX-License-Identifier: BSL-1.0
// libpq is the judge: where a string says `application_name` it reads that value; where the same string says
// `pool_name` instead, the pool must find the same value, and libpq must read the rest as it did before.

#include "support/catch.hpp"

#include <podpool/detail/connection_string.hpp>
#include <podpool/error.hpp>

#include <libpq-fe.h>
#include <rapidcheck.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using parameters = std::map<std::string, std::string>;

/// What libpq reads, or nothing where it refuses the string.
std::optional<parameters> libpq_reads(const std::string& text) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> read(
        PQconninfoParse(text.c_str(), &message), &PQconninfoFree);
    PQfreemem(message);
    if (!read) return std::nullopt;
    parameters found;
    for (const PQconninfoOption* one = read.get(); one->keyword != nullptr; ++one) {
        if (one->val != nullptr) found[one->keyword] = one->val;
    }
    return found;
}

/// A string with "#" where the key under test stands; a fair part of them is one that libpq accepts.
rc::Gen<std::string> any_string() {
    const auto noise =
        rc::gen::element<std::string>("#=", "# = ", "#='", "host=", "=", " ", "&", "?", "/", "@", ":", ",",
                                      "[", "]", "'", "\\", "%20", "%25", "\t", "8");
    const auto keyword_pair = rc::gen::element<std::string>(
        " #=x", " # = x", " #='a b'", "\t#=it\\'s", "\n#='it\\'s \\\\'", " #=a\\ b", "#=x ", " host=a",
        " password='#=x'", " user='a # = b'", " sslmode = require", " options='it\\'s #=x'", " dbname= ");
    const auto query_pair =
        rc::gen::element<std::string>("&#=x", "&#=a%20b", "&%61=x", "&#=x/y", "&#=a@b", "&#=?", "&host=a",
                                      "&sslmode=require", "&user=a@b", "&options=a/b", "&", "&host=/run");
    const auto front = rc::gen::element<std::string>(
        "postgresql://?host=a", "postgresql://h/db?user=b", "postgres://u:p@h?user=b",
        "postgresql:///?host=a", "postgresql://u:p?#=x@h,[::1]:5/db?user=b", "postgresql://h,i:1?user=b",
        "postgresql://u:p/?#=x", "postgresql://h?#=y");
    const auto joined = [](const std::vector<std::string>& parts) {
        std::string text;
        for (const std::string& part : parts) text += part;
        return text;
    };
    const auto mostly = [&](const rc::Gen<std::string>& pairs) {
        const auto piece = rc::gen::weightedOneOf<std::string>({{9, pairs}, {1, noise}});
        return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), joined);
    };
    const auto uri = rc::gen::map(rc::gen::pair(front, mostly(query_pair)),
                                  [](const auto& parts) { return parts.first + parts.second; });
    return rc::gen::oneOf(mostly(keyword_pair), uri);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

std::string with_key(const std::string& text, const std::string& key) { return replaced(text, "#", key); }

/// Whether the pool may refuse what libpq accepts: a value that swallowed the next pair, an "@" that would
/// end the user's name once our pair is gone, a blank after a URI, or pairs parted by semicolons.
bool refused_on_purpose(const std::string& message) {
    return message.find("the value is missing, or holds a \"=\"") != std::string::npos ||
           message.find("has no value before the next key=value pair") != std::string::npos ||
           message.find("holds an \"@\"") != std::string::npos ||
           message.find("ends with a blank or a line break") != std::string::npos ||
           message.find("holds \";\" and \"=\"") != std::string::npos;
}

}  // namespace

TEST_CASE("#40 pool keys are found exactly where libpq would find a key of its own") {
    REQUIRE(rc::check("same place, same value, same rest", [] {
        const std::string text = *any_string();
        const std::optional<parameters> read = libpq_reads(with_key(text, "application_name"));
        RC_PRE(read.has_value());
        // The key's name can stand inside of a value too, where it is text like any other.
        parameters expected;
        for (const auto& [key, value] : *read)
            expected[key] = replaced(value, "application_name", "pool_name");
        try {
            const auto split = podpool::detail::split_connection_string(with_key(text, "pool_name"));
            RC_CLASSIFY(!split.pairs.empty(), "with a pool key");
            RC_ASSERT(split.pairs.empty() == !expected.contains("application_name"));
            if (!split.pairs.empty()) RC_ASSERT(split.pairs.back().value == expected["application_name"]);
            expected.erase("application_name");
            const std::optional<parameters> rest = libpq_reads(split.rest);
            RC_ASSERT(rest.has_value());
            RC_ASSERT(*rest == expected);
        } catch (const podpool::error& e) {
            RC_CLASSIFY(true, "refused on purpose");
            RC_ASSERT(refused_on_purpose(e.what()));
        }
    }));
}

TEST_CASE("#40 what psql accepts without pool keys is given to libpq unchanged") {
    REQUIRE(rc::check("unchanged", [] {
        const std::string text = with_key(*any_string(), "application_name");
        try {
            RC_ASSERT(podpool::detail::split_connection_string(text).rest == text);
        } catch (const podpool::error& e) {
            RC_CLASSIFY(true, "refused on purpose");
            RC_ASSERT(refused_on_purpose(e.what()));
        }
    }));
}
