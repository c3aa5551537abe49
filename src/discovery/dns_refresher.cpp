// SPDX-License-Identifier: BSL-1.0
#include "discovery/dns_refresher.hpp"

#include "discovery/pace.hpp"
#include "discovery/target_rules.hpp"

#include <podpool/detail/dns_server_list.hpp>
#include <podpool/error.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

namespace podpool::detail {
namespace {

constexpr std::chrono::nanoseconds longest_question = std::chrono::seconds(5);
constexpr unsigned failures_until_reread = 3;

std::vector<endpoint> servers_from(const options& settings) {
    auto parsed = parse_dns_servers(settings.dns_servers);
    if (!parsed.problem.empty()) {
        throw error(errc::invalid_options, "pool_dns_servers=" + settings.dns_servers + ": " +
                                               parsed.problem + "; expected ip:port,...");
    }
    return std::move(parsed.servers);
}

/// What no name uses, each address and port once, in order.
std::vector<endpoint> left_out_of(const std::vector<lookup_result>& results,
                                  const std::vector<endpoint_info>& used) {
    std::set<endpoint> unused;
    for (const auto& result : results) unused.insert(result.left_out.begin(), result.left_out.end());
    for (const auto& one : used) unused.erase(one.where);
    return {unused.begin(), unused.end()};
}

}  // namespace

dns_refresher::dns_refresher(const boost::asio::any_io_executor& executor,
                             const std::vector<discovery_target>& targets, const options& settings,
                             system_files files)
    : strand_(boost::asio::make_strand(executor)),
      timer_(strand_),
      given_servers_(servers_from(settings)),
      services_(settings.discovery == discovery_kind::srv),
      bound_(std::max(settings.dns_refresh, refresh_floor)),
      question_time_(std::min(settings.connect_timeout, longest_question)),
      files_(std::move(files)),
      random_(std::random_device{}()) {
    auto sorted = sort_targets(targets, !services_, settings.address_family);
    fixed_ = std::move(sorted.fixed);
    const lookup_rules rules{services_, settings.dns_search, settings.address_family, files_.hosts};
    for (const auto& target : sorted.names) {
        lookups_.push_back(std::make_shared<name_lookup>(target, rules));
    }
    results_.resize(lookups_.size());
}

void dns_refresher::start(std::function<void(discovery_update)> listener) {
    boost::asio::post(strand_, [self = shared_from_this(), listener = std::move(listener)]() mutable {
        self->begin(std::move(listener));
    });
}

void dns_refresher::refresh() {
    if (stopped_) return;
    boost::asio::post(strand_, [self = shared_from_this()] {
        if (self->stopped_ || !self->listener_ || self->pending_ > 0) return;
        const auto now = clock::now();
        const auto earliest = std::max(self->asked_at_ + refresh_floor, now);
        if (earliest < self->next_at_) self->wait_for(earliest - now);
    });
}

void dns_refresher::stop() noexcept {
    if (stopped_.exchange(true)) return;
    try {
        boost::asio::post(strand_, [self = shared_from_this()] { self->clean_up(); });
    } catch (const std::exception&) {
        // No memory for it: the next handler sees the flag and cleans up.
        return;
    }
}

void dns_refresher::begin(std::function<void(discovery_update)> listener) {
    if (stopped_ || listener_) return;
    listener_ = std::move(listener);
    ask();
}

void dns_refresher::ask() {
    if (stopped_) return clean_up();
    find_servers();
    asked_at_ = clock::now();
    pending_ = lookups_.size();
    for (std::size_t i = 0; i < lookups_.size(); ++i) {
        lookups_[i]->run(servers_, config_, asked_at_ + question_time_,
                         [weak = weak_from_this(), i](lookup_result result) {
                             const auto self = weak.lock();
                             if (self != nullptr) self->on_result(i, std::move(result));
                         });
    }
}

void dns_refresher::find_servers() {
    // A changed resolv.conf shows in questions that go wrong: the servers in it are gone.
    const bool reread = failures_ > 0 && failures_ % failures_until_reread == 0;
    if (servers_ != nullptr && !reread) return;
    if (servers_ != nullptr) servers_->close();
    config_ = read_resolv_conf(files_.resolv_conf).value_or(std::move(config_));
    if (config_.servers.empty()) config_.servers.emplace_back("127.0.0.1", default_dns_port);
    servers_ = std::make_shared<name_servers>(
        strand_, given_servers_.empty() ? config_.servers : given_servers_, question_time_);
}

void dns_refresher::on_result(std::size_t which, lookup_result result) {
    if (stopped_) return clean_up();
    const bool good = result.good;
    results_[which] = std::move(result);
    if (--pending_ == 0) return finish();
    // One name that nobody answers for must not keep a pool from starting on the others.
    if (good && !published_) {
        for (const auto& other : lookups_) other->hurry(clock::now() + time_for_the_rest);
    }
}

void dns_refresher::finish() {
    endpoint_set answer;
    answer.source = services_ ? "srv" : "dns";
    answer.endpoints = fixed_;
    std::string problems;
    bool good = !fixed_.empty();
    for (const auto& result : results_) {
        good = good || result.good;
        add_unique(answer.endpoints, result.endpoints);
        // An answer is one set: this ends the grace of other names' missing addresses, too.
        if (result.replaces_all) answer.removal = removal_kind::authoritative;
        if (result.ttl) answer.ttl = answer.ttl ? std::min(*answer.ttl, *result.ttl) : *result.ttl;
        if (!result.remark.empty()) answer.remark += (answer.remark.empty() ? "" : "; ") + result.remark;
        if (!result.problem.empty()) problems += (problems.empty() ? "" : "; ") + result.problem;
    }
    answer.left_out = left_out_of(results_, answer.endpoints);
    const auto interval = pace(good, problems.empty(), answer.ttl);
    answer.next_refresh = interval;
    wait_for(interval);
    if (good) {
        published_ = true;
        publish(std::move(answer));
    }
    if (!problems.empty()) publish(discovery_error(std::move(problems)));
}

std::chrono::nanoseconds dns_refresher::pace(bool good, bool whole, std::optional<std::chrono::seconds> ttl) {
    const double draw = std::uniform_real_distribution<double>(0, 1)(random_);
    const auto next = refresh_after(good ? ttl : std::nullopt, bound_, draw);
    if (whole) {
        failures_ = 0;
        return next;
    }
    ++failures_;
    return std::min(next, retry_after(failures_, bound_, draw));
}

void dns_refresher::wait_for(std::chrono::nanoseconds interval) {
    next_at_ = clock::now() + interval;
    timer_.expires_at(next_at_);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
        const auto self = weak.lock();
        // A timer that was set anew may find the old wait's handler already on its way.
        if (failed || self == nullptr || self->pending_ > 0 || clock::now() < self->next_at_) return;
        self->ask();
    });
}

void dns_refresher::publish(discovery_update update) {
    if (!stopped_) listener_(std::move(update));
}

void dns_refresher::clean_up() noexcept {
    timer_.cancel();
    for (const auto& one : lookups_) one->abandon();
    if (servers_ != nullptr) servers_->close();
    servers_.reset();
    listener_ = nullptr;
}

}  // namespace podpool::detail
