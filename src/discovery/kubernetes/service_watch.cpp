// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/service_watch.hpp"

#include "discovery/kubernetes/malformed_answer.hpp"
#include "discovery/kubernetes/permission_hint.hpp"
#include "discovery/kubernetes/request_failure.hpp"

#include <podpool/detail/clock.hpp>
#include <podpool/detail/start_thread.hpp>

#include <openssl/ssl.h>

#include <exception>
#include <random>
#include <utility>

namespace podpool::detail {
namespace {

using end_kind = watch_pace::end_kind;

std::uint64_t any_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) ^ device();
}

/// A refusal for people.
std::string describe(const api_status& status, const service_key& key) {
    constexpr int unauthorized = 401;
    constexpr int forbidden = 403;
    std::string text = "HTTP " + std::to_string(status.code);
    if (!status.message.empty()) text += ": " + status.message;
    if (status.code == unauthorized) {
        text += key.access.token_file.empty() ? "; no token was sent"
                                              : "; the token in " + key.access.token_file + " isn't taken";
    } else if (status.code == forbidden) {
        text += "; this gives the permission: " + permission_hint(status, key.in_namespace);
    }
    return text;
}

}  // namespace

service_watch::service_watch(service_key key, const watch_patience& patience)
    : key_(std::move(key)),
      follower_(key_.in_namespace, key_.service, patience, any_seed(), [this] { publish({}); }),
      report_(std::make_shared<const service_report>(service_report{nullptr, {}, clock_now()})) {
    // Its clean-up is registered with exit() now, so that a pool which is made now is destroyed before it.
    ::OPENSSL_init_ssl(0, nullptr);
    thread_ = start_thread([this] { run(); });
}

service_watch::~service_watch() {
    waiting_.stop();
    thread_.join();
}

std::optional<std::uint64_t> service_watch::subscribe(subscriber told) {
    const std::lock_guard lock(mutex_);
    if (ended_) return std::nullopt;
    const auto added = subscribers_.emplace(++last_number_, std::move(told)).first;
    added->second(report_);
    return added->first;
}

void service_watch::unsubscribe(std::uint64_t number) noexcept {
    const std::lock_guard lock(mutex_);
    subscribers_.erase(number);
    if (!subscribers_.empty()) return;
    ended_ = true;
    waiting_.stop();
}

void service_watch::run() {
    api_client client(waiting_, key_.access);
    while (!waiting_.stopped()) ask_once(client);
}

void service_watch::ask_once(api_client& client) {
    try {
        std::optional<api_status> refusal = client.ask(follower_.begin(), follower_);
        if (!refusal) refusal = follower_.refusal();
        if (refusal) {
            pause_after(follower_.refused(*refusal), describe(*refusal, key_));
        } else {
            pause_after(follower_.finished(), "the watch ended as soon as it had begun");
        }
    } catch (const request_failure& failure) {
        pause_after(follower_.failed(failure.how()), failure.what());
    } catch (const malformed_answer& problem) {
        pause_after(follower_.failed(end_kind::malformed), problem.what());
    } catch (const std::exception& problem) {
        // No memory, or no descriptor for a timer.
        pause_after(follower_.failed(end_kind::unreachable), problem.what());
    }
}

void service_watch::pause_after(const watch_pace::verdict& verdict, const std::string& why) {
    if (waiting_.stopped()) return;
    if (verdict.tell) {
        publish("the slices of Service " + key_.in_namespace + "/" + key_.service + " from " +
                to_string(key_.access) + ": " + why);
    }
    waiting_.wait_until(clock_now() + verdict.pause);
}

void service_watch::publish(std::string problem) {
    const std::lock_guard lock(mutex_);
    // A confirmed set is told again, so that a pool knows how old its answer is; a problem is told once.
    if (!problem.empty() && report_->problem == problem) return;
    report_ = std::make_shared<const service_report>(
        service_report{follower_.slices(), std::move(problem), report_->asked_since});
    for (const auto& [number, told] : subscribers_) told(report_);
}

}  // namespace podpool::detail
