// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/slice_follower.hpp"

#include "discovery/kubernetes/answer_object.hpp"
#include "discovery/kubernetes/malformed_answer.hpp"
#include "discovery/kubernetes/slice_query.hpp"
#include "discovery/kubernetes/slice_reader.hpp"

#include <podpool/detail/clock.hpp>

#include <exception>
#include <iterator>
#include <utility>

namespace podpool::detail {

slice_follower::slice_follower(std::string in_namespace, std::string service, const watch_patience& patience,
                               std::uint64_t seed, std::function<void()> progressed, std::size_t list_bound)
    : namespace_(std::move(in_namespace)),
      service_(std::move(service)),
      progressed_(std::move(progressed)),
      list_bound_(list_bound),
      pace_(seed, patience),
      current_(service_) {}

std::string slice_follower::begin() {
    kind_ = pace_.next();
    pace_.asked(clock_now());
    refusal_.reset();
    page_.clear();
    stream_.reset();
    gathered_.reset();
    if (kind_ == request_kind::streaming_list) gathered_.emplace(service_);
    if (kind_ == request_kind::list) {
        if (continue_token_.empty()) listed_.clear(), pages_ = 0;
    } else {
        stream_.emplace();
    }
    return slice_query(pace_, namespace_, service_, continue_token_);
}

void slice_follower::begun() {
    pace_.answered(clock_now());
    if (kind_ == request_kind::watch) progressed_();
}

bool slice_follower::body(std::string_view bytes) {
    if (stream_) return take_events(bytes);
    if (page_.size() + bytes.size() > list_bound_) {
        throw malformed_answer("the list is longer than " + std::to_string(list_bound_) + " bytes");
    }
    page_ += bytes;
    return true;
}

bool slice_follower::take_events(std::string_view bytes) {
    std::vector<watch_event> events;
    std::exception_ptr broken;
    try {
        stream_->take(bytes, events);
    } catch (const malformed_answer&) {
        broken = std::current_exception();
    }
    for (const watch_event& event : events) {
        if (!apply(event)) break;
    }
    const bool confirmed = std::exchange(confirmed_, false);
    if (std::exchange(changed_, false)) {
        publish();
    } else if (confirmed) {
        progressed_();
    }
    if (refusal_) return false;
    if (broken) std::rethrow_exception(broken);
    return true;
}

/// Returns whether the watch goes on.
bool slice_follower::apply(const watch_event& event) {
    pace_.received(event, clock_now());
    if (const auto* status = std::get_if<api_status>(&event)) {
        refusal_ = *status;
        return false;
    }
    if (const auto* change = std::get_if<slice_change>(&event)) {
        (gathered_ ? *gathered_ : current_).apply(*change);
        changed_ = !gathered_;
    }
    const auto* mark = std::get_if<watch_bookmark>(&event);
    if (mark == nullptr) return true;
    confirmed_ = !gathered_;
    if (gathered_ && mark->initial_events_end) {
        current_ = std::move(*gathered_);
        gathered_.reset();
        changed_ = true;
    }
    return true;
}

void slice_follower::publish() {
    published_ = std::make_shared<const slice_set>(current_);
    progressed_();
}

void slice_follower::take_page() {
    const boost::json::value answer = parse_answer(page_);
    slice_list page = read_slice_list(answer_object(answer));
    std::move(page.items.begin(), page.items.end(), std::back_inserter(listed_));
    continue_token_ = std::move(page.continue_token);
    if (++pages_ >= most_pages && !continue_token_.empty()) {
        throw malformed_answer("the list has more than " + std::to_string(most_pages) + " pages");
    }
    if (!continue_token_.empty()) return;
    current_.replace(std::exchange(listed_, {}));
    pace_.listed(std::move(page.resource_version));
    publish();
}

watch_pace::verdict slice_follower::finished() {
    if (kind_ == request_kind::list) {
        take_page();
        return {};
    }
    try {
        stream_->end();
    } catch (const malformed_answer&) {
        // The end was lost on its way: over http, or behind a proxy that ended the body for a server that was
        // gone.
        return failed(watch_pace::end_kind::cut);
    }
    return pace_.ended(watch_pace::end_kind::closed, clock_now());
}

watch_pace::verdict slice_follower::refused(const api_status& status) {
    continue_token_.clear();
    return pace_.refused(status, clock_now());
}

watch_pace::verdict slice_follower::failed(watch_pace::end_kind how) {
    continue_token_.clear();
    return pace_.ended(how, clock_now());
}

}  // namespace podpool::detail
