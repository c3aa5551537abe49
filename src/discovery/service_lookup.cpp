// SPDX-License-Identifier: BSL-1.0
#include "discovery/service_lookup.hpp"

#include "discovery/target_rules.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace podpool::detail {
namespace {

// A server drops what comes in one burst: 1000 questions at once on one socket took seconds.
constexpr std::size_t most_in_flight = 16;
constexpr std::size_t most_problems_told = 3;
constexpr std::array<record_type, 2> families = {record_type::a, record_type::aaaa};

}  // namespace

void service_lookup::run(const std::shared_ptr<name_servers>& servers, const std::string& name,
                         clock::time_point deadline, handler done) {
    servers_ = servers;
    name_ = name;
    deadline_ = deadline;
    done_ = std::move(done);
    result_ = lookup_result();
    problems_ = 0;
    question_ = std::make_shared<dns_question>(servers, name, record_type::srv);
    question_->start(deadline, [weak = weak_from_this()](const dns_outcome& outcome) {
        const auto self = weak.lock();
        if (self != nullptr && self->done_) self->on_services(outcome);
    });
}

void service_lookup::hurry(clock::time_point deadline) {
    deadline_ = std::min(deadline_, deadline);
    if (question_ != nullptr) question_->hurry(deadline);
    for (const auto& [key, target] : targets_) target->hurry(deadline);
}

void service_lookup::abandon() noexcept {
    done_ = nullptr;
    waiting_.clear();
    in_flight_ = 0;
    if (question_ != nullptr) question_->abandon();
    question_.reset();
    for (const auto& [key, target] : targets_) target->abandon();
}

void service_lookup::on_services(const dns_outcome& outcome) {
    question_.reset();
    if (outcome.what == dns_outcome::kind::failed) return fail("SRV: " + outcome.failure, false);
    if (outcome.what == dns_outcome::kind::no_name) {
        return fail(
            "NXDOMAIN from " + outcome.server + ": no ready endpoint behind this name, or no such name",
            true);
    }
    service_records services = services_in(outcome.message, name_);
    std::erase_if(services.targets, [](const service_target& target) { return !is_dns_name(target.host); });
    if (services.targets.empty()) {
        return fail("no usable SRV record from " + outcome.server +
                        ": no ready endpoint behind this name, or its ports have no names",
                    true);
    }
    if (services.targets.size() > most_addresses) {
        return fail("SRV: " + std::to_string(services.targets.size()) + " records from " + outcome.server +
                        ", more than the " + std::to_string(most_addresses) + " that are believed",
                    false);
    }
    result_.ttl = services.ttl;
    take_targets(outcome.message, services.targets);
    ask_targets();
}

void service_lookup::take_targets(const dns_message& message, const std::vector<service_target>& targets) {
    struct found_target {
        known_addresses known;
        std::uint16_t weight = 0;
    };
    std::map<target_key, found_target> found;
    std::array<bool, families.size()> used{};
    for (const auto& target : targets) {
        auto& [known, weight] = found[{target.host, target.port}];
        weight = std::max(weight, target.weight);
        for (std::size_t i = 0; i < families.size(); ++i) {
            auto records = addresses_in(message.additional, target.host, families[i]);
            if (records.addresses.empty()) continue;
            known[i] = std::move(records);
            used[i] = true;
        }
    }
    std::erase_if(targets_, [&](const auto& entry) { return !found.contains(entry.first); });
    for (auto& [key, value] : found) {
        known_addresses& known = value.known;
        auto& target = targets_[key];
        if (target == nullptr) target = std::make_shared<address_lookup>(key.first, key.second, wanted_);
        target->set_weight(value.weight);
        // A server leaves out the additional records that don't fit. A family that no target has is not
        // used at all; one that only some have may have been left out for the others.
        const bool has_any = known[0] || known[1];
        for (std::size_t i = 0; i < families.size(); ++i) {
            if (has_any && !used[i]) known[i].emplace();
        }
        if (known[0] && known[1]) {
            merge(target->accept(key.first, std::move(known)));
        } else {
            waiting_.push_back({key, std::move(known)});
        }
    }
}

void service_lookup::ask_targets() {
    while (!waiting_.empty() && in_flight_ < most_in_flight) {
        open_target next = std::move(waiting_.back());
        waiting_.pop_back();
        ++in_flight_;
        const auto target = targets_.at(next.key);
        target->run_for_unknown(servers_, next.key.first, std::move(next.known), deadline_,
                                [weak = weak_from_this()](lookup_result result) {
                                    const auto self = weak.lock();
                                    if (self == nullptr || !self->done_) return;
                                    --self->in_flight_;
                                    self->merge(std::move(result));
                                    self->ask_targets();
                                });
    }
    if (in_flight_ == 0) finish();
}

void service_lookup::merge(lookup_result result) {
    result_.good = result_.good || result.good;
    add_unique(result_.endpoints, result.endpoints);
    result_.left_out.insert(result_.left_out.end(), result.left_out.begin(), result.left_out.end());
    if (result.ttl) result_.ttl = result_.ttl ? std::min(*result_.ttl, *result.ttl) : *result.ttl;
    if (result.problem.empty()) return;
    if (++problems_ <= most_problems_told) {
        result_.problem += (result_.problem.empty() ? "" : "; ") + result.problem;
    }
}

void service_lookup::fail(std::string problem, bool negative) {
    result_.problem = name_ + ": " + std::move(problem);
    result_.negative = negative;
    finish();
}

void service_lookup::finish() {
    if (problems_ > most_problems_told) {
        result_.problem += "; and " + std::to_string(problems_ - most_problems_told) + " more targets";
    }
    if (result_.endpoints.size() > most_addresses) {
        result_.problem = name_ + ": " + std::to_string(result_.endpoints.size()) +
                          " addresses, more than the " + std::to_string(most_addresses) +
                          " that are believed";
        result_.good = false;
    }
    const handler done = std::exchange(done_, nullptr);
    servers_.reset();
    done(std::move(result_));
}

}  // namespace podpool::detail
