// SPDX-License-Identifier: BSL-1.0
#include "simulation/world.hpp"

#include <algorithm>
#include <string>

namespace podpool::simulation {

using namespace std::chrono_literals;

namespace {

endpoint_info member_of(const pod& listed) {
    endpoint_info member(listed.where, "db.example");
    member.zone = listed.zone;
    member.weight = listed.weight;
    return member;
}

}  // namespace

pod& world::add_pod() {
    const std::size_t number = pods_.size() + 1;
    // The port is the pod's number too, so that a trace can name a pod with one number.
    pod& added = pods_.emplace_back(
        endpoint("10.0." + std::to_string(number / 256) + "." + std::to_string(number % 256),
                 static_cast<std::uint16_t>(number)));
    by_address_.emplace(added.where, &added);
    return added;
}

std::vector<pod*> world::add_pods(std::size_t count) {
    std::vector<pod*> added;
    for (std::size_t index = 0; index < count; ++index) added.push_back(&add_pod());
    publish(added);
    return added;
}

simulated_pool& world::add_pool(const options& settings) {
    return *pools_.emplace_back(
        std::make_unique<simulated_pool>(*this, pools_.size(), settings, rng_.next()));
}

pod* world::pod_at(const endpoint& where) const {
    const auto found = by_address_.find(where);
    return found == by_address_.end() ? nullptr : found->second;
}

name_server::reply world::reply_with(const std::vector<pod*>& pods) {
    std::vector<endpoint_info> members;
    members.reserve(pods.size());
    for (const pod* listed : pods) members.push_back(member_of(*listed));
    return name_server::reply_of(std::move(members));
}

void world::publish(const std::vector<pod*>& published) {
    published_ = published;
    names_.take_turns({reply_with(published)});
    announce();
}

void world::announce() {
    std::vector<endpoint_info> members;
    members.reserve(published_.size() + leaving_.size());
    for (const auto* listed : {&published_, &leaving_}) {
        for (const pod* each : *listed) {
            endpoint_info& member = members.emplace_back(member_of(*each));
            member.ready = each->ready;
            member.terminating = each->terminating;
            member.identity = each->uid;
        }
    }
    watch_.publish(
        {std::make_shared<const published_set>(std::move(members), removal_kind::authoritative), {}, {}});
}

void world::terminate(pod& leaving, duration grace) {
    leaving.ready = false;
    leaving.terminating = true;
    leaving_.push_back(&leaving);
    std::vector<pod*> rest = published_;
    std::erase(rest, &leaving);
    publish(rest);
    events_.after(grace, [this, &leaving] {
        shut_down(leaving);
        std::erase(leaving_, &leaving);
        announce();
    });
}

void world::kill(pod& victim, failure_kind why) {
    victim.mood = pod_mood::refuses;
    drop_sessions(victim, why);
}

void world::drop_sessions(pod& victim, failure_kind why) {
    const auto ended = std::exchange(victim.sessions, {});
    victim.note_sessions(now());
    for (const auto& [id, lost] : ended) {
        lost->alive = false;
        lost->owner->session_lost(*lost, why);
    }
}

bool world::end_one_session(pod& victim) {
    if (victim.sessions.empty()) return false;
    session& lost = *victim.sessions.begin()->second;
    victim.sessions.erase(victim.sessions.begin());
    victim.note_sessions(now());
    lost.alive = false;
    lost.owner->session_lost(lost, failure_kind::session_terminated);
    return true;
}

void world::burst(simulated_pool& pool, std::size_t count, const caller_plan& plan) {
    for (std::size_t caller = 0; caller < count; ++caller) pool.call(plan);
}

void world::arrivals(simulated_pool& pool, double per_second, duration length, const caller_plan& plan) {
    const auto mean = duration(static_cast<duration::rep>(1e9 / per_second));
    next_arrival(pool, mean, now() + length, plan);
}

void world::next_arrival(simulated_pool& pool, duration mean, time_point end, const caller_plan& plan) {
    events_.after(exponential(mean, rng_), [this, &pool, mean, end, plan] {
        if (now() >= end) return;
        pool.call(plan);
        next_arrival(pool, mean, end, plan);
    });
}

void world::clients(simulated_pool& pool, std::size_t count, spread think, duration length,
                    const caller_plan& plan) {
    for (std::size_t client = 0; client < count; ++client) {
        events_.after(rng_.up_to(think.most), [this, &pool, think, end = now() + length, plan] {
            next_cycle(pool, think, end, plan);
        });
    }
}

void world::next_cycle(simulated_pool& pool, spread think, time_point end, const caller_plan& plan) {
    if (now() >= end) return;
    pool.call(plan, [this, &pool, think, end, plan] {
        events_.after(think.draw(rng_),
                      [this, &pool, think, end, plan] { next_cycle(pool, think, end, plan); });
    });
}

void world::run_for(duration length) {
    const time_point end = now() + length;
    std::uint64_t steps = 0;
    while (events_.step(end)) {
        if (check_every != 0 && ++steps % 1024 == 0) check_servers();
    }
    events_.advance_to(end);
    if (check_every != 0) check_servers();
}

bool world::run_until(const std::function<bool()>& condition, duration limit) {
    const time_point end = now() + limit;
    while (!condition()) {
        if (!events_.step(end)) {
            events_.advance_to(end);
            return condition();
        }
    }
    return true;
}

void world::finish(duration limit) {
    check_every = 1;
    for (const auto& pool : pools_) pool->close();
    run_until(
        [this] {
            return std::all_of(pools_.begin(), pools_.end(),
                               [](const auto& pool) { return pool->finished(); });
        },
        limit);
    for (const auto& pool : pools_) pool->check_finished();
    check_servers();
    for (const session& each : sessions_) {
        if (!each.closed) throw broken_truth("a session that was opened was never closed");
    }
}

/// The servers' picture: every session on a pod is one that a pool believes in, and the other way round.
void world::check_servers() const {
    std::size_t on_servers = 0;
    for (const pod& server : pods_) {
        for (const auto& [id, seen] : server.sessions) {
            if (!seen->alive || seen->closed) throw broken_truth("a server keeps a session that has ended");
        }
        on_servers += server.sessions.size();
    }
    std::size_t believed = 0;
    for (const session& each : sessions_) believed += each.alive && !each.closed ? 1 : 0;
    if (on_servers != believed) throw broken_truth("the servers' sessions aren't the pools' sessions");
}

std::vector<std::size_t> world::sessions(const std::vector<pod*>& of) const {
    std::vector<std::size_t> counts;
    for (const pod* each : of) counts.push_back(each->sessions.size());
    return counts;
}

std::size_t world::most_dials_within(duration period) const {
    std::vector<time_point> times;
    for (const pod& server : pods_) {
        for (const auto& [when, pool] : server.dials) times.push_back(when);
    }
    std::sort(times.begin(), times.end());
    return most_within(period, times);
}

std::size_t most_within(duration period, const std::vector<time_point>& times) {
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
        while (times[last] - times[first] >= period) ++first;
        most = std::max(most, last - first + 1);
    }
    return most;
}

std::size_t world::dials() const {
    std::size_t sum = 0;
    for (const pod& server : pods_) sum += server.dials.size();
    return sum;
}

session& world::add_session(session_owner& owner, std::size_t pool, core::slot_id slot) {
    session& added = sessions_.emplace_back();
    added.id = sessions_.size();
    added.owner = &owner;
    added.pool = pool;
    added.slot = slot;
    added.opened_at = now();
    return added;
}

}  // namespace podpool::simulation
