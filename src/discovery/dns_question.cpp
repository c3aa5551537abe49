// SPDX-License-Identifier: BSL-1.0
#include "discovery/dns_question.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace podpool::detail {
namespace {

/// Not by printf, which writes a decimal comma where the process's locale has one.
std::string seconds_text(std::chrono::nanoseconds time) {
    const double seconds = std::chrono::duration<double>(time).count();
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), seconds,
                                       std::chars_format::fixed, seconds < 0.1 ? 3 : 1);
    return std::string(text.data(), written.ptr) + " s";
}

}  // namespace

dns_question::dns_question(std::shared_ptr<name_servers> servers, std::string name, record_type type)
    : servers_(std::move(servers)),
      name_(std::move(name)),
      type_(type),
      timer_(servers_->strand()),
      log_(servers_->size()),
      next_(servers_->preferred()) {}

void dns_question::start(clock::time_point deadline, handler done) {
    done_ = std::move(done);
    started_ = clock::now();
    set_deadline(deadline);
    try_next_server();
}

void dns_question::hurry(clock::time_point deadline) {
    if (done_ && deadline < deadline_) set_deadline(deadline);
}

void dns_question::abandon() noexcept {
    done_ = nullptr;
    timer_.cancel();
}

void dns_question::set_deadline(clock::time_point deadline) {
    deadline_ = deadline;
    timer_.expires_at(deadline);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
        const auto self = weak.lock();
        if (!failed && self != nullptr) self->on_deadline();
    });
}

void dns_question::on_deadline() {
    // A deadline that was moved earlier may find the old one's handler already on its way.
    if (!done_ || clock::now() < deadline_) return;
    dns_outcome outcome;
    outcome.failure = failure_text();
    finish(std::move(outcome));
}

void dns_question::try_next_server() {
    for (std::size_t i = 0; i < log_.size(); ++i) {
        const std::size_t server = (next_ + i) % log_.size();
        if (log_[server].ruled_out) continue;
        next_ = server + 1;
        log_[server].silent = true;
        servers_->at(server).ask(name_, type_, [weak = weak_from_this(), server](const server_reply& reply) {
            const auto self = weak.lock();
            if (self != nullptr && self->done_) self->on_reply(server, reply);
        });
        return;
    }
    dns_outcome outcome;
    outcome.failure = failure_text();
    finish(std::move(outcome));
}

void dns_question::on_reply(std::size_t server, const server_reply& reply) {
    const std::string& who = servers_->at(server).server();
    if (reply.silent) return try_next_server();
    if (reply.packet.empty()) return rule_out(server, who + ": " + reply.failure);
    auto message = parse_dns_message(reply.packet);
    // Truncated means here: over TCP, too.
    if (!message || message->truncated) return rule_out(server, "malformed answer from " + who);
    if (message->rcode != rcode_no_error && message->rcode != rcode_no_name) {
        return rule_out(server, rcode_text(message->rcode) + " from " + who);
    }
    servers_->prefer(server);
    dns_outcome outcome;
    outcome.what = message->rcode == rcode_no_name ? dns_outcome::kind::no_name : dns_outcome::kind::answered;
    outcome.message = std::move(*message);
    outcome.server = who;
    finish(std::move(outcome));
}

void dns_question::rule_out(std::size_t server, std::string reason) {
    log_[server].ruled_out = true;
    log_[server].silent = false;
    log_[server].reason = std::move(reason);
    try_next_server();
}

void dns_question::finish(dns_outcome outcome) {
    timer_.cancel();
    const handler done = std::exchange(done_, nullptr);
    done(std::move(outcome));
}

std::string dns_question::failure_text() const {
    std::string text;
    std::string silent;
    for (std::size_t i = 0; i < log_.size(); ++i) {
        if (log_[i].ruled_out) text += (text.empty() ? "" : ", ") + log_[i].reason;
        if (log_[i].silent) silent += (silent.empty() ? "" : " and ") + servers_->at(i).server();
    }
    if (silent.empty()) return text;
    return text + (text.empty() ? "" : ", ") + "no answer from " + silent + " within " +
           seconds_text(clock::now() - started_);
}

}  // namespace podpool::detail
