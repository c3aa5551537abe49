// SPDX-License-Identifier: BSL-1.0
// An answer of HTTP/1.1 as an API server, or whatever is in its place, sends it: what is found doesn't depend
// on how the bytes are cut.
#include "discovery/kubernetes/http_answer.hpp"

#include "discovery/kubernetes/malformed_answer.hpp"
#include "target.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

namespace {

using namespace podpool::detail;
using podpool::fuzz::is_plain_line;
using podpool::fuzz::promise;

struct outcome {
    bool refused = false;
    bool whole = false;
    bool ends = false;
    int status = 0;
    std::optional<std::chrono::seconds> retry_after;
    std::string body;

    friend bool operator==(const outcome&, const outcome&) = default;
};

/// The parser finds a malformed head or chunk when all of its bytes are there, or sooner. So where the bytes
/// end within one, some cuts are refused and others wait for more; none of them makes an answer.
bool agree(const outcome& one, const outcome& other) {
    return one.refused || other.refused ? !one.ends && !other.ends : one == other;
}

outcome play(std::string_view bytes, std::size_t piece) {
    outcome result;
    http_answer answer;
    try {
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            answer.take(bytes.substr(at, piece), result.body);
        }
    } catch (const malformed_answer& problem) {
        promise(is_plain_line(problem.what()), "a problem is one plain line");
        // Of what came before it, more is known when it comes in pieces.
        result = {};
        result.refused = true;
        return result;
    }
    promise(result.body.size() <= bytes.size(), "a body is no longer than what came");
    result.whole = answer.is_complete();
    if (answer.has_head()) {
        result.status = answer.status();
        result.retry_after = answer.retry_after();
        if (result.retry_after) promise(*result.retry_after > std::chrono::seconds(0), "a pause is one");
    }
    result.ends = answer.end();
    promise(!result.whole || result.ends, "what is whole ends");
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = podpool::fuzz::text_of(data, size);
    const outcome whole = play(bytes, std::max<std::size_t>(bytes.size(), 1));
    for (const std::size_t piece : {1U, 7U}) {
        promise(agree(play(bytes, piece), whole), "what is found doesn't depend on the cuts");
    }
    return 0;
}
