// SPDX-License-Identifier: BSL-1.0
// The body of a watch as an API server sends it: what is found doesn't depend on how the bytes are cut.
#include "discovery/kubernetes/event_stream.hpp"
#include "discovery/kubernetes/malformed_answer.hpp"
#include "target.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace podpool::detail;
using podpool::fuzz::is_plain_line;
using podpool::fuzz::promise;

struct outcome {
    std::vector<watch_event> events;
    std::string problem;

    friend bool operator==(const outcome&, const outcome&) = default;
};

outcome play(std::string_view body, std::size_t piece, std::size_t longest) {
    outcome result;
    event_stream stream(longest);
    try {
        for (std::size_t at = 0; at < body.size(); at += piece)
            stream.take(body.substr(at, piece), result.events);
        stream.end();
    } catch (const malformed_answer& problem) {
        result.problem = problem.what();
        promise(!result.problem.empty(), "a problem has a text");
    }
    return result;
}

void check_cuts(std::string_view body, std::size_t longest) {
    const outcome whole = play(body, std::max<std::size_t>(body.size(), 1), longest);
    promise(is_plain_line(whole.problem), "a problem is one plain line");
    for (const watch_event& event : whole.events) {
        if (const auto* skipped = std::get_if<skipped_event>(&event)) {
            promise(is_plain_line(skipped->remark), "a remark is one plain line");
        } else if (const auto* mark = std::get_if<watch_bookmark>(&event)) {
            promise(!mark->resource_version.empty(), "a bookmark has a version");
        } else if (const auto* status = std::get_if<api_status>(&event)) {
            promise(is_plain_line(status->message), "a message is one plain line");
        }
    }
    for (const std::size_t piece : {1U, 7U}) {
        promise(play(body, piece, longest) == whole, "what is found doesn't depend on the cuts");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body = podpool::fuzz::text_of(data, size);
    check_cuts(body, event_stream::longest_event);
    // Shorter than some inputs.
    constexpr std::size_t short_event = 300;
    check_cuts(body, short_event);
    return 0;
}
