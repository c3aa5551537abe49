// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/kubernetes_relay.hpp"

#include <podpool/detail/clock.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <utility>
#include <variant>
#include <vector>

namespace podpool::detail {
namespace {

/// Lines of one kind that a message has; of more it says how many there are.
constexpr std::size_t most_lines = 4;

void append(std::string& text, const std::string& more) {
    if (more.empty()) return;
    if (!text.empty()) text += "; ";
    text += more;
}

void append(std::string& text, const std::vector<std::string>& lines) {
    for (std::size_t index = 0; index < lines.size(); ++index) {
        if (index == most_lines) return append(text, std::to_string(lines.size() - index) + " more");
        append(text, lines[index]);
    }
}

std::vector<std::string> remarks_on(const slice_set& slices) {
    std::vector<std::string> all;
    for (const endpoint_slice* slice : slices.newest_first()) {
        all.insert(all.end(), slice->remarks.begin(), slice->remarks.end());
    }
    std::sort(all.begin(), all.end());
    return all;
}

endpoint_info info_of(const slice_member& member, const std::string& host) {
    endpoint_info info(member.where, host);
    info.ready = member.ready;
    info.serving = member.serving;
    info.terminating = member.terminating;
    info.identity = member.pod_uid;
    info.zone = member.zone;
    return info;
}

/// What to tell of a Service that has no endpoint for new sessions; empty: it has one.
std::string lack_of_members(const std::string& service, const member_list& list) {
    const auto& members = list.members;
    if (std::any_of(members.begin(), members.end(), std::mem_fn(&slice_member::is_open_to_all))) return {};
    if (members.empty() && !list.problems.empty()) return {};
    if (members.empty() && !list.left_out.empty()) {
        return "Service " + service + " has " + std::to_string(list.left_out.size()) +
               " addresses, all of the family that pool_address_family leaves out";
    }
    if (members.empty()) {
        return "Service " + service + " has no endpoints: there is no such Service, or it selects no pod";
    }
    const auto leaving = std::count_if(members.begin(), members.end(),
                                       [](const slice_member& member) { return member.terminating; });
    return "Service " + service + " has " + std::to_string(members.size()) +
           " endpoints, of which 0 are ready" +
           (leaving > 0 ? " and " + std::to_string(leaving) + " terminating" : "");
}

}  // namespace

kubernetes_relay::kubernetes_relay(const boost::asio::any_io_executor& executor, relay_plan plan,
                                   std::unique_ptr<discovery_source> fallback)
    : executor_(executor),
      strand_(boost::asio::make_strand(executor)),
      timer_(strand_),
      plan_(std::move(plan)),
      members_(plan_.members),
      fallback_(std::move(fallback)) {}

void kubernetes_relay::start(std::function<void(discovery_update)> listener) {
    boost::asio::post(strand_, [self = shared_from_this(), listener = std::move(listener)]() mutable {
        self->begin(std::move(listener));
    });
}

void kubernetes_relay::told(const service_watch::report& news) {
    if (stopped_) return;
    boost::asio::post(strand_, [weak = weak_from_this(), news] {
        if (const auto self = weak.lock()) self->take(news);
    });
}

void kubernetes_relay::refresh() {
    if (stopped_) return;
    // A watch is up to date by itself, and its pauses after failures are there for the API server's sake.
    boost::asio::post(strand_, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self != nullptr && self->fallback_serves_) self->fallback_->refresh();
    });
}

void kubernetes_relay::stop() noexcept {
    if (stopped_.exchange(true)) return;
    try {
        boost::asio::post(strand_, [self = shared_from_this()] { self->clean_up(); });
    } catch (const std::exception&) {
        // No memory for it: what is left goes with the object.
        return;
    }
}

void kubernetes_relay::begin(std::function<void(discovery_update)> listener) {
    if (stopped_ || listener_) return;
    listener_ = std::move(listener);
    work_.emplace(track_work(executor_));
}

void kubernetes_relay::take(const service_watch::report& news) {
    if (stopped_ || !listener_) return;
    const bool first = news_ == nullptr;
    news_ = news;
    if (news_->slices != nullptr) {
        supersedes_ = supersedes_ || fallback_serves_;
        end_fallback();
        // A set says that the API server has answered just now.
        const bool answered = news_->problem.empty() || news_->slices != shown_;
        if (answered) publish_members();
        publish_problem(complaint());
    } else if (fallback_serves_) {
        publish_problem(why_fallback());
    } else {
        if (first) wait_for_answer();
        publish_problem(news_->problem);
    }
}

void kubernetes_relay::wait_for_answer() {
    timer_.expires_at(to_steady(news_->asked_since + plan_.answer_patience));
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
        const auto self = weak.lock();
        if (self != nullptr && !failed) self->answer_is_late();
    });
}

void kubernetes_relay::answer_is_late() {
    // It may have come while this was on its way.
    if (stopped_ || news_->slices != nullptr || fallback_serves_) return;
    if (fallback_ == nullptr) return publish_problem(why_no_answer());
    fallback_serves_ = true;
    fallback_->start([weak = weak_from_this(), strand = strand_](discovery_update update) {
        boost::asio::post(strand, [weak, update = std::move(update)]() mutable {
            if (const auto self = weak.lock()) self->take_from_fallback(std::move(update));
        });
    });
}

void kubernetes_relay::take_from_fallback(discovery_update update) {
    if (stopped_ || !fallback_serves_) return;
    if (auto* const problem = std::get_if<discovery_error>(&update)) {
        return publish_problem(why_fallback() + "; " + problem->message);
    }
    publish(std::move(update));
    publish_problem(why_fallback());
}

void kubernetes_relay::end_fallback() {
    timer_.cancel();
    fallback_serves_ = false;
    if (fallback_ != nullptr) fallback_->stop();
    fallback_.reset();
}

std::string kubernetes_relay::why_no_answer() const {
    if (!news_->problem.empty()) return news_->problem;
    return "the slices of Service " + plan_.service + " from " + plan_.server + ": no answer so far";
}

std::string kubernetes_relay::why_fallback() const {
    return "pool_kubernetes_fallback: DNS serves until the API server answers; " + why_no_answer();
}

std::string kubernetes_relay::complaint() const {
    std::string text;
    append(text, news_->problem);
    append(text, list_.problems);
    append(text, lack_of_members(plan_.service, list_));
    append(text, remarks_on(*news_->slices));
    return text;
}

void kubernetes_relay::publish_members() {
    shown_ = news_->slices;
    list_ = members_.take(*shown_);
    endpoint_set answer;
    answer.source = "kubernetes";
    answer.removal =
        std::exchange(supersedes_, false) ? removal_kind::superseding : removal_kind::authoritative;
    answer.left_out = list_.left_out;
    for (const slice_member& member : list_.members) {
        answer.endpoints.push_back(info_of(member, plan_.host));
        answer.pods.push_back(pod_details{.where = member.where,
                                          .pod = member.pod_name,
                                          .node = member.node,
                                          .hint_zones = member.hint_zones,
                                          .hint_nodes = member.hint_nodes});
    }
    plan_.zones.apply(list_.members, answer);
    publish(std::move(answer));
}

void kubernetes_relay::publish_problem(const std::string& problem) {
    if (!problem.empty()) publish(discovery_error(problem));
}

void kubernetes_relay::publish(discovery_update update) {
    if (!stopped_) listener_(std::move(update));
}

void kubernetes_relay::clean_up() noexcept {
    timer_.cancel();
    if (fallback_ != nullptr) fallback_->stop();
    fallback_.reset();
    listener_ = nullptr;
    work_.reset();
}

}  // namespace podpool::detail
