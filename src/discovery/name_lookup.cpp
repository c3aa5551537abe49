// SPDX-License-Identifier: BSL-1.0
#include "discovery/name_lookup.hpp"

#include "discovery/address_lookup.hpp"
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

std::shared_ptr<lookup> make_lookup(const std::string& host, std::uint16_t port, bool services) {
    if (services) return std::make_shared<service_lookup>();
    return std::make_shared<address_lookup>(host, port);
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace

name_lookup::name_lookup(const discovery_target& target, bool services, std::string hosts_file)
    : name_(without_last_dot(target.host)),
      port_(target.port),
      search_(target.host.find('.') == std::string::npos),
      hosts_file_(services ? std::string() : std::move(hosts_file)),
      lookup_(make_lookup(name_, target.port, services)) {}

void name_lookup::run(const std::shared_ptr<name_servers>& servers, const resolver_config& config,
                      clock::time_point deadline, handler done) {
    done_ = std::move(done);
    servers_ = servers;
    deadline_ = deadline;
    if (run_hosts_file(servers)) return;
    if (!pinned_) {
        candidates_ = search_ ? search_candidates(name_, config) : std::vector<std::string>{name_};
        candidate_ = 0;
    }
    ask_candidate();
}

bool name_lookup::run_hosts_file(const std::shared_ptr<name_servers>& servers) {
    if (!search_ || hosts_file_.empty()) return false;
    lookup_result result;
    for (const auto& address : read_hosts(hosts_file_, name_)) {
        result.endpoints.emplace_back(endpoint(address.to_string(), port_), name_);
    }
    if (result.endpoints.empty()) return false;
    result.good = true;
    boost::asio::post(servers->strand(), [weak = weak_from_this(), result = std::move(result)]() mutable {
        const auto self = weak.lock();
        if (self != nullptr && self->done_) self->finish(std::move(result));
    });
    return true;
}

void name_lookup::hurry(clock::time_point deadline) {
    deadline_ = std::min(deadline_, deadline);
    lookup_->hurry(deadline);
}

void name_lookup::abandon() noexcept {
    done_ = nullptr;
    lookup_->abandon();
}

void name_lookup::ask_candidate() {
    lookup_->run(servers_, candidates_[candidate_], deadline_,
                 [weak = weak_from_this()](lookup_result result) {
                     const auto self = weak.lock();
                     if (self != nullptr && self->done_) self->on_result(std::move(result));
                 });
}

void name_lookup::on_result(lookup_result result) {
    if (result.good && !pinned_) {
        candidates_ = {candidates_[candidate_]};
        candidate_ = 0;
        pinned_ = true;
    }
    if (result.negative && candidate_ + 1 < candidates_.size()) {
        ++candidate_;
        return ask_candidate();
    }
    if (result.negative && search_ && !pinned_) result.problem += " (asked for " + joined(candidates_) + ")";
    if (result.negative && !search_) result.problem += " (a name with a dot is asked for as it is)";
    finish(std::move(result));
}

void name_lookup::finish(lookup_result result) {
    if (result.good) {
        last_good_ = result.endpoints;
    } else {
        result.endpoints = last_good_;
    }
    servers_.reset();
    const handler done = std::exchange(done_, nullptr);
    done(std::move(result));
}

}  // namespace podpool::detail
