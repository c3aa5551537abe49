// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/watch_event.hpp"

#include <boost/json/stream_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// Takes the body of a watch apart, in whatever pieces it comes: JSON objects that follow each other, with
/// any or no white space between them.
class event_stream {
public:
    /// How long one event may be. One slice is the most that an event holds, and etcd takes 1.5 MB at a time.
    static constexpr std::size_t longest_event = std::size_t{16} << 20U;

    /// `longest`: how long an event may be, in bytes.
    explicit event_stream(std::size_t longest = longest_event);

    /// Takes the next bytes and appends the events that they complete. Throws malformed_answer, which says
    /// where, after those before it were appended; then nothing more can be taken.
    void take(std::string_view bytes, std::vector<watch_event>& events);

    /// The body has ended. Throws malformed_answer if it did so within an event.
    void end() const;

private:
    [[nodiscard]] std::string current_event() const;
    void begin_event(char first);
    void finish_event(std::vector<watch_event>& events);

    boost::json::stream_parser parser_;
    std::size_t longest_;
    std::uint64_t taken_ = 0;        // bytes, of the whole body
    std::uint64_t event_at_ = 0;     // where the current event begins
    std::uint64_t event_count_ = 0;  // complete ones
    std::size_t event_size_ = 0;     // of the current event, as far as it is here; 0: none has begun
};

}  // namespace podpool::detail
