// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/answer_object.hpp"
#include "discovery/kubernetes/malformed_answer.hpp"
#include "discovery/kubernetes/slice_reader.hpp"

#include "support/catch.hpp"

#include <string>

namespace reading {

inline podpool::detail::endpoint_slice slice_in(const std::string& text) {
    const auto answer = podpool::detail::parse_answer(text);
    return podpool::detail::read_slice(podpool::detail::answer_object(answer));
}

inline podpool::detail::slice_list list_in(const std::string& text) {
    const auto answer = podpool::detail::parse_answer(text);
    return podpool::detail::read_slice_list(podpool::detail::answer_object(answer));
}

/// What a reader says of something malformed; fails the test if it takes it.
template <class Read>
std::string refusal(Read read) {
    try {
        (void)read();
    } catch (const podpool::detail::malformed_answer& problem) {
        return problem.what();
    }
    FAIL("it was taken");
    return {};
}

/// `text` with the first `from` in it replaced; fails the test if there is none.
inline std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

/// A list of so many copies of an element.
inline std::string list_of(std::size_t count, const std::string& element) {
    std::string text = "[";
    for (std::size_t index = 0; index < count; ++index) text += (index == 0 ? "" : ",") + element;
    return text + "]";
}

}  // namespace reading
