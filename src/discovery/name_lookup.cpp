// SPDX-License-Identifier: BSL-1.0
#include "discovery/name_lookup.hpp"

#include "discovery/address_lookup.hpp"
#include "discovery/hosts_lookup.hpp"
#include "discovery/service_lookup.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace podpool::detail {
namespace {

std::string without_last_dot(std::string name) {
    if (name.ends_with('.')) name.pop_back();
    return name;
}

}  // namespace

name_lookup::name_lookup(const discovery_target& target, lookup_rules rules)
    : written_(target.host),
      host_(without_last_dot(target.host)),
      port_(target.port),
      rules_(std::move(rules)) {}

void name_lookup::run(const std::shared_ptr<name_servers>& servers, const resolver_config& config,
                      clock::time_point deadline, handler done) {
    done_ = std::move(done);
    servers_ = servers;
    deadline_ = deadline;
    if (!adopted_) find_candidates(config);
    for (auto& one : candidates_) one.result.reset();
    asked_ = adopted_ ? candidates_.size() : 1;
    for (std::size_t i = 0; i < asked_; ++i) ask(i);
}

void name_lookup::find_candidates(const resolver_config& config) {
    const auto addresses = [&] { return std::make_shared<address_lookup>(host_, port_, rules_.family); };
    const search_plan plan = plan_search(written_, config, rules_.search);
    keeps_inside_ = plan.keeps_inside;
    cluster_ = cluster_domain(config);
    candidates_.clear();
    if (plan.hosts_file && !rules_.services) {
        candidates_.push_back(
            {host_, rules_.hosts_file, std::make_shared<hosts_lookup>(rules_.hosts_file, addresses()), {}});
    }
    for (const auto& name : plan.names) {
        std::shared_ptr<lookup> question;
        if (rules_.services) {
            question = std::make_shared<service_lookup>(rules_.family);
        } else {
            question = addresses();
        }
        candidates_.push_back({name, name, std::move(question), {}});
    }
}

void name_lookup::hurry(clock::time_point deadline) {
    deadline_ = std::min(deadline_, deadline);
    for (const auto& one : candidates_) one.question->hurry(deadline);
}

void name_lookup::abandon() noexcept {
    done_ = nullptr;
    for (const auto& one : candidates_) one.question->abandon();
}

void name_lookup::ask(std::size_t which) {
    candidates_[which].question->run(servers_, candidates_[which].name, deadline_,
                                     [weak = weak_from_this(), which](lookup_result result) {
                                         const auto self = weak.lock();
                                         if (self == nullptr || !self->done_) return;
                                         self->on_result(which, std::move(result));
                                     });
}

void name_lookup::on_result(std::size_t which, lookup_result result) {
    const bool good = result.good;
    candidates_[which].result = std::move(result);
    for (std::size_t i = 0; i < asked_; ++i) {
        const auto& known = candidates_[i].result;
        if (!known) {
            // It keeps the good one waiting for a moment only.
            if (good) hurry(clock::now() + time_for_the_rest);
            return;
        }
        if (known->good) return adopt(i);
    }
    const bool leads_on = candidates_[asked_ - 1].result->negative;
    if (!leads_on || asked_ == candidates_.size()) return give_up();
    ask(asked_++);
}

void name_lookup::adopt(std::size_t which) {
    lookup_result result = std::move(*candidates_[which].result);
    result.replaces_all = adopted_ && which + 1 < candidates_.size();
    for (std::size_t i = which + 1; i < candidates_.size(); ++i) candidates_[i].question->abandon();
    candidates_.erase(candidates_.begin() + static_cast<std::ptrdiff_t>(which) + 1, candidates_.end());
    adopted_ = true;
    result.remark = remark_on(result);
    finish(std::move(result));
}

/// The last one asked says why: with the adopted one that is itself, else the one that led no further.
void name_lookup::give_up() {
    lookup_result result = std::move(*candidates_[asked_ - 1].result);
    result.problem += asked_text();
    finish(std::move(result));
}

std::string name_lookup::asked_text() const {
    std::string text;
    for (std::size_t i = 0; asked_ > 1 && i < asked_; ++i) {
        text += (text.empty() ? " (asked: " : ", ") + candidates_[i].shown;
    }
    if (keeps_inside_ && !adopted_ && asked_ == candidates_.size()) {
        text += (text.empty() ? " (" : "; ") + ("outside of the cluster it would be `" + host_ + ".`");
    }
    return text.empty() ? text : text + ")";
}

/// A cluster IP can't be told from the address of an only pod, but whoever set out to balance wants to know.
std::string name_lookup::remark_on(const lookup_result& found) const {
    const bool one_address = found.endpoints.size() == 1 && found.left_out.empty();
    const std::string& name = candidates_.back().name;
    if (rules_.services || !one_address || !is_service_in(cluster_, name)) return {};
    return "`" + name + "` has one address only, " + found.endpoints.front().where.address +
           ": if that is the Service's cluster IP, podpool can't balance behind it; expected a headless "
           "Service "
           "(clusterIP: None) or pool_discovery=kubernetes";
}

void name_lookup::finish(lookup_result result) {
    if (result.good) {
        last_good_ = result.endpoints;
        last_left_out_ = result.left_out;
    } else {
        result.endpoints = last_good_;
        result.left_out = last_left_out_;
    }
    servers_.reset();
    const handler done = std::exchange(done_, nullptr);
    done(std::move(result));
}

}  // namespace podpool::detail
