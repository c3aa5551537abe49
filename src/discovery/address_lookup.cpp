// SPDX-License-Identifier: BSL-1.0
#include "discovery/address_lookup.hpp"

#include "discovery/route.hpp"

#include <algorithm>
#include <utility>

namespace podpool::detail {
namespace {

bool has_addresses(const std::optional<address_records>& answer) {
    return answer && !answer->addresses.empty();
}

}  // namespace

void address_lookup::run(const std::shared_ptr<name_servers>& servers, const std::string& name,
                         clock::time_point deadline, handler done) {
    run_for_unknown(servers, name, known_addresses(), deadline, std::move(done));
}

void address_lookup::run_for_unknown(const std::shared_ptr<name_servers>& servers, const std::string& name,
                                     known_addresses known, clock::time_point deadline, handler done) {
    prepare(name, std::move(known));
    done_ = std::move(done);
    for (auto& part : families_) {
        if (part.answer) continue;
        part.pending = true;
        part.question = std::make_shared<dns_question>(servers, name_, part.type);
        part.question->start(deadline, [weak = weak_from_this(), &part](const dns_outcome& outcome) {
            const auto self = weak.lock();
            if (self != nullptr && self->done_) self->on_outcome(part, outcome);
        });
    }
}

lookup_result address_lookup::accept(const std::string& name, known_addresses known) {
    prepare(name, std::move(known));
    return conclude();
}

void address_lookup::hurry(clock::time_point deadline) {
    for (auto& part : families_) {
        if (part.pending) part.question->hurry(deadline);
    }
}

void address_lookup::abandon() noexcept {
    done_ = nullptr;
    for (auto& part : families_) {
        if (part.question != nullptr) part.question->abandon();
        part.question.reset();
        part.pending = false;
    }
}

void address_lookup::prepare(const std::string& name, known_addresses known) {
    name_ = name;
    constexpr std::array<record_type, 2> types = {record_type::a, record_type::aaaa};
    for (std::size_t i = 0; i < families_.size(); ++i) {
        families_[i].type = types[i];
        families_[i].answer = std::move(known[i]);
        families_[i].reason.clear();
        families_[i].name_missing = false;
    }
}

void address_lookup::on_outcome(family& part, const dns_outcome& outcome) {
    part.pending = false;
    part.question.reset();
    switch (outcome.what) {
        case dns_outcome::kind::answered:
            part.answer = addresses_in(outcome.message.answers, name_, part.type);
            part.reason = "no " + std::string(to_text(part.type)) + " record from " + outcome.server;
            break;
        case dns_outcome::kind::no_name:
            part.answer.emplace();
            part.name_missing = true;
            part.reason = "NXDOMAIN from " + outcome.server;
            break;
        case dns_outcome::kind::failed:
            part.reason = outcome.failure;
            break;
    }
    if (part.answer && part.answer->addresses.size() > most_addresses) {
        part.reason = std::to_string(part.answer->addresses.size()) + " addresses from " + outcome.server +
                      ", more than the " + std::to_string(most_addresses) + " that are believed";
        part.answer.reset();
    }
    if (families_[0].pending || families_[1].pending) {
        if (has_addresses(part.answer)) hurry(clock::now() + time_for_the_rest);
        return;
    }
    const handler done = std::exchange(done_, nullptr);
    done(conclude());
}

void address_lookup::choose_family() {
    // A family that has the name to itself is used whatever its route.
    const bool open = choice_.wanted() == address_family::automatic && has_addresses(families_[0].answer) &&
                      has_addresses(families_[1].answer);
    family_choice::answer both;
    for (std::size_t i = 0; i < families_.size(); ++i) {
        const auto& answer = families_[i].answer;
        if (answer) both[i].addresses = answer->addresses.size();
        if (open) {
            both[i].routable = std::any_of(answer->addresses.begin(), answer->addresses.end(), has_route);
        }
    }
    choice_.take(both);
}

bool address_lookup::uses(const family& part) const {
    return choice_.uses(static_cast<std::size_t>(&part - families_.data()));
}

lookup_result address_lookup::conclude() {
    choose_family();
    lookup_result result;
    const auto& [v4, v6] = families_;
    for (const auto& part : families_)
        result.good = result.good || (uses(part) && has_addresses(part.answer));
    const bool nothing = !has_addresses(v4.answer) && !has_addresses(v6.answer);
    result.negative = nothing && v4.answer && v6.answer;
    result.problem = problem_text();
    if (result.good) {
        for (auto& part : families_) {
            if (!part.answer) continue;
            part.last_good = part.answer->addresses;
            if (part.answer->ttl) {
                result.ttl = result.ttl ? std::min(*result.ttl, *part.answer->ttl) : *part.answer->ttl;
            }
        }
    }
    add_endpoints(result);
    return result;
}

std::string address_lookup::problem_text() const {
    const auto& [v4, v6] = families_;
    const bool nothing = !has_addresses(v4.answer) && !has_addresses(v6.answer);
    if (!v4.answer || !v6.answer) {
        // What isn't wanted may fail.
        const auto& failed = v4.answer ? v6 : v4;
        const bool matters = uses(failed) || choice_.wanted() == address_family::automatic || nothing;
        return matters ? failure_text() : std::string();
    }
    if (nothing) {
        if (v4.name_missing || v6.name_missing) {
            return name_ + ": " + (v4.name_missing ? v4 : v6).reason +
                   ": no ready endpoint behind this name, or no such name";
        }
        return name_ + ": " + v4.reason + ", " + v6.reason + ": no ready endpoint behind this name";
    }
    for (const auto& part : families_) {
        if (uses(part) && has_addresses(part.answer)) return {};
    }
    return other_family_text();
}

/// Why one family or both have no answer.
std::string address_lookup::failure_text() const {
    const auto& [v4, v6] = families_;
    std::string text = name_ + ": ";
    if (!v4.answer && !v6.answer) {
        text +=
            v4.reason == v6.reason ? "A and AAAA: " + v4.reason : "A: " + v4.reason + "; AAAA: " + v6.reason;
    } else {
        text += (v4.answer ? "AAAA: " + v6.reason : "A: " + v4.reason);
        const bool other_good = has_addresses(v4.answer) || has_addresses(v6.answer);
        if (!other_good) text += "; " + (v4.answer ? v4 : v6).reason;
    }
    return text;
}

/// That only the family that isn't used has addresses.
std::string address_lookup::other_family_text() const {
    const bool only_v6 = has_addresses(families_[family_choice::v6].answer);
    const std::string used = only_v6 ? "IPv4" : "IPv6";
    const std::string other = only_v6 ? "IPv6" : "IPv4";
    const std::string text = name_ + ": only " + other + " addresses, ";
    if (choice_.wanted() != address_family::automatic) {
        return text + "which pool_address_family=" + (only_v6 ? "ipv4" : "ipv6") + " leaves out";
    }
    return text + "while " + used + " is in use; they are taken after " +
           std::to_string(answers_until_family_changes) + " such answers in a row";
}

void address_lookup::add_endpoints(lookup_result& result) const {
    for (const auto& part : families_) {
        for (const auto& address : part.last_good) {
            endpoint where(address.to_string(), port_);
            if (uses(part)) {
                result.endpoints.emplace_back(std::move(where), host_).weight = weight_;
            } else {
                result.left_out.push_back(std::move(where));
            }
        }
    }
}

}  // namespace podpool::detail
