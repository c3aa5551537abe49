// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/event_stream.hpp"

#include "discovery/kubernetes/answer_object.hpp"
#include "discovery/kubernetes/malformed_answer.hpp"
#include "discovery/kubernetes/slice_reader.hpp"
#include "discovery/kubernetes/status_reader.hpp"

#include <algorithm>

namespace podpool::detail {
namespace {

constexpr std::string_view json_blanks = " \t\r\n";

boost::json::parse_options event_options() {
    boost::json::parse_options options;
    options.max_depth = deepest_answer;
    return options;
}

watch_bookmark read_bookmark(const answer_object& object) {
    const answer_object metadata = object.required_object("metadata");
    watch_bookmark bookmark;
    bookmark.resource_version = metadata.text("resourceVersion");
    if (bookmark.resource_version.empty())
        metadata.refuse_field("resourceVersion", "is missing; expected a text");
    if (const auto annotations = metadata.object("annotations")) {
        bookmark.initial_events_end = annotations->text("k8s.io/initial-events-end") == "true";
    }
    return bookmark;
}

watch_event read_event(const answer_object& event) {
    const std::string type = event.text("type");
    if (type.empty())
        event.refuse_field("type", "is missing; expected ADDED, MODIFIED, DELETED, BOOKMARK or ERROR");
    const answer_object object = event.required_object("object");
    if (type == "ADDED") return slice_change{slice_change::change_kind::added, read_slice(object)};
    if (type == "MODIFIED") return slice_change{slice_change::change_kind::modified, read_slice(object)};
    if (type == "DELETED") return slice_change{slice_change::change_kind::deleted, read_slice(object)};
    if (type == "BOOKMARK") return read_bookmark(object);
    if (type == "ERROR") return read_status(object);
    return skipped_event{"an event of the type " + shown_value(type) + " was skipped"};
}

}  // namespace

event_stream::event_stream(std::size_t longest)
    : parser_(boost::json::storage_ptr(), event_options()), longest_(longest) {}

std::string event_stream::current_event() const {
    return "event " + std::to_string(event_count_ + 1) + " of the watch, at byte " +
           std::to_string(event_at_);
}

void event_stream::take(std::string_view bytes, std::vector<watch_event>& events) {
    while (true) {
        if (event_size_ == 0) {
            const std::size_t blanks = std::min(bytes.find_first_not_of(json_blanks), bytes.size());
            taken_ += blanks;
            bytes.remove_prefix(blanks);
            if (!bytes.empty()) begin_event(bytes.front());
        }
        if (bytes.empty()) return;
        const std::string_view part = bytes.substr(0, longest_ - event_size_);
        if (part.empty()) {
            throw malformed_answer(current_event() + ", is longer than " + std::to_string(longest_) +
                                   " bytes");
        }
        boost::json::error_code failed;
        const std::size_t used = parser_.write_some(part.data(), part.size(), failed);
        if (failed) throw malformed_answer(current_event() + ", " + json_problem(failed));
        event_size_ += used;
        taken_ += used;
        bytes.remove_prefix(used);
        if (parser_.done()) finish_event(events);
    }
}

void event_stream::begin_event(char first) {
    event_at_ = taken_;
    if (first == '{') return;
    throw malformed_answer(current_event() + ", begins with " + shown_value(std::string_view(&first, 1)) +
                           "; expected an object in JSON");
}

void event_stream::finish_event(std::vector<watch_event>& events) {
    const boost::json::value event = parser_.release();
    parser_.reset();
    event_size_ = 0;
    try {
        events.push_back(read_event(answer_object(event)));
    } catch (const malformed_answer& problem) {
        throw malformed_answer(current_event() + ": " + problem.what());
    }
    ++event_count_;
}

void event_stream::end() const {
    if (event_size_ == 0) return;
    throw malformed_answer("the watch ended after " + std::to_string(taken_) + " bytes, within event " +
                           std::to_string(event_count_ + 1));
}

}  // namespace podpool::detail
