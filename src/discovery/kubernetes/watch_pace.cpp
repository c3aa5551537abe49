// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/watch_pace.hpp"

#include <algorithm>
#include <utility>

namespace podpool::detail {
namespace {

constexpr std::chrono::seconds shortest_lifetime{300};

enum class refusal_kind : std::uint8_t {
    expired,
    unauthorized,
    forbidden,
    too_many,
    unknown_request,
    trouble
};

refusal_kind kind_of(const api_status& status) {
    if (is_expired(status)) return refusal_kind::expired;
    switch (status.code) {
        case 401:
            return refusal_kind::unauthorized;
        case 403:
            return refusal_kind::forbidden;
        case 429:
            return refusal_kind::too_many;
        // What servers say that don't know a parameter, or know it and have it switched off.
        case 400:
        case 405:
        case 406:
        case 415:
        case 422:
        case 501:
            return refusal_kind::unknown_request;
        default:
            return refusal_kind::trouble;
    }
}

}  // namespace

void watch_pace::asked(core::time_point now) {
    const auto spread = static_cast<std::uint32_t>(shortest_lifetime.count()) + 1;
    lifetime_ = shortest_lifetime + std::chrono::seconds(rng_.below(spread));
    asked_at_ = now;
    answered_at_.reset();
    has_events_ = false;
}

void watch_pace::answered(core::time_point now) {
    answered_at_ = now;
    heard_at_ = now;
    forbidden_since_.reset();
}

void watch_pace::listed(std::string version) {
    asked_at_.reset();
    version_ = std::move(version);
    next_ = request_kind::watch;
}

void watch_pace::received(const watch_event& event, core::time_point now) {
    heard_at_ = now;
    has_events_ = true;
    if (const auto* mark = std::get_if<watch_bookmark>(&event)) {
        bookmarks_come_ = bookmarks_come_ || !mark->initial_events_end;
        if (mark->initial_events_end) next_ = request_kind::watch;
        if (next_ == request_kind::watch) version_ = mark->resource_version;
    } else if (const auto* change = std::get_if<slice_change>(&event)) {
        // The initial events come in no order, so none of their versions is one to go on from.
        const std::string& told = change->slice.resource_version;
        if (next_ == request_kind::watch && !told.empty()) version_ = told;
    }
}

core::time_point watch_pace::deadline() const {
    if (!asked_at_) return core::never;
    if (!answered_at_ || next_ == request_kind::list) return *asked_at_ + patience_.answer;
    if (next_ == request_kind::streaming_list) return *answered_at_ + patience_.initial;
    const core::time_point end = *asked_at_ + lifetime_ + patience_.end;
    return bookmarks_come_ ? std::min(end, heard_at_ + patience_.silence) : end;
}

void watch_pace::list_anew() {
    next_ = streaming_refused_ ? request_kind::list : request_kind::streaming_list;
    version_.clear();
}

void watch_pace::list_without_streaming() {
    streaming_refused_ = true;
    list_anew();
}

bool watch_pace::is_short(core::time_point now) const {
    return !has_events_ && (!answered_at_ || now - *answered_at_ < patience_.shortest_watch);
}

watch_pace::verdict watch_pace::closed(core::time_point now) {
    switch (next_) {
        case request_kind::streaming_list:
            // An old server ends what is to it an ordinary watch, and never tells that the initial events are
            // over.
            list_without_streaming();
            return {};
        case request_kind::list:
            return {troubled_.next(now, rng_), true};
        case request_kind::watch:
            break;
    }
    if (!is_short(now)) return {};
    list_anew();
    return {troubled_.next(now, rng_), true};
}

watch_pace::verdict watch_pace::gave_up(core::time_point now) {
    if (answered_at_ && next_ == request_kind::streaming_list) {
        list_without_streaming();
        return {};
    }
    // Silence may mean that the server knows nothing of this version (its storage was taken back to a
    // backup): then a watch from it is silent again.
    if (answered_at_) list_anew();
    return {unreachable_.next(now, rng_), true};
}

watch_pace::verdict watch_pace::ended(end_kind how, core::time_point now) {
    forbidden_since_.reset();
    const auto judged = [&]() -> verdict {
        switch (how) {
            case end_kind::unreachable:
                return {unreachable_.next(now, rng_), true};
            case end_kind::closed:
                return closed(now);
            case end_kind::cut:
                return {unreachable_.next(now, rng_), is_short(now)};
            case end_kind::gave_up:
                return gave_up(now);
            case end_kind::malformed:
                break;
        }
        list_anew();
        return {troubled_.next(now, rng_), true};
    };
    const verdict result = judged();
    asked_at_.reset();
    return result;
}

watch_pace::verdict watch_pace::forbidden(core::time_point now) {
    if (!forbidden_since_) forbidden_since_ = now;
    const bool stays = now - *forbidden_since_ >= patience_.forbidden;
    return {(stays ? denied_ : forbidden_for_now_).next(now, rng_), stays};
}

watch_pace::verdict watch_pace::refused(const api_status& status, core::time_point now) {
    const refusal_kind kind = kind_of(status);
    asked_at_.reset();
    if (kind == refusal_kind::forbidden) return forbidden(now);
    forbidden_since_.reset();
    verdict result;
    switch (kind) {
        case refusal_kind::expired:
            list_anew();
            result.tell = expired_.is_in_row(now);
            result.pause = expired_.next(now, rng_);
            return result;
        case refusal_kind::unauthorized:
            return {denied_.next(now, rng_), true};
        case refusal_kind::unknown_request:
            if (next_ == request_kind::streaming_list) {
                list_without_streaming();
                return {};
            }
            list_anew();
            break;
        case refusal_kind::forbidden:
        case refusal_kind::too_many:
            break;
        case refusal_kind::trouble:
            list_anew();
            break;
    }
    result = {troubled_.next(now, rng_), true};
    if (status.retry_after) {
        const core::duration wanted =
            std::min(core::duration(*status.retry_after), patience_.longest_retry_after);
        // A little later, each client by another bit, so that they don't all come at that very moment.
        result.pause = std::max(result.pause, wanted + rng_.up_to(patience_.first_pause));
    }
    return result;
}

}  // namespace podpool::detail
