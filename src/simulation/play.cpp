// SPDX-License-Identifier: BSL-1.0
#include "simulation/play.hpp"

#include "simulation/plain_clients.hpp"
#include "simulation/pool_clients.hpp"
#include "simulation/world.hpp"

#include <podpool/detail/duration_text.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace podpool::simulation {

using namespace std::chrono_literals;

namespace {

std::string quoted(const std::string& value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

/// One run: the world, its clients, and what is seen of them every second.
class run {
public:
    run(const plan& scenario, const model& which, std::uint64_t seed, std::size_t check_every)
        : plan_(scenario), world_(seed), began_(world_.now()) {
        world_.check_every = check_every;
        for (std::size_t number = 0; number < plan_.pods; ++number) add_pod();
        newest_ = {pods_.back()};
        world_.publish(pods_);
        world_.watch().delay(plan_.watch_delay);
        world_.names().cache(plan_.dns_ttl, plan_.dns_cache, plan::resolvers, began_, world_.rng());
        if (which.is_podpool) {
            pooled_.emplace(world_, plan_, pool_settings(plan_, which));
        } else {
            std::optional<session_life> life;
            if (which.jitter_share) {
                const double jitter = static_cast<double>(plan_.lifetime.count()) * *which.jitter_share;
                life = session_life{plan_.lifetime, duration(static_cast<duration::rep>(jitter))};
            }
            plain_.emplace(world_, plan_, make_placement(which.placed, world_, plan_), life,
                           world_.rng().next());
        }
    }

    history go() {
        for (std::size_t client = 0; client < plan_.clients; ++client) {
            at(world_.rng().up_to(plan_.start_over),
               [this, client] { pooled_ ? pooled_->start() : plain_->start(client); });
        }
        for (const scale_event& event : plan_.scale) {
            at(event.at, [this, change = event.change] { scale(change); });
        }
        at(plan_.measured_from(), [this] { begin_to_measure(); });
        for (duration second{0}; second <= plan_.length; second += 1s) {
            world_.run_for(began_ + second - world_.now());
            seen_.moments.push_back(look(second));
            note_newest_filled();
        }
        take_looks();
        count_dials();
        finish();
        return std::move(seen_);
    }

private:
    template <class Task>
    void at(duration since_start, Task what) {
        world_.events().at(began_ + since_start, std::move(what));
    }

    void add_pod() {
        pod& added = world_.add_pod();
        added.connect_time = plan_.connect_time;
        added.total_lag = plan_.totals_age;
        pods_.push_back(&added);
    }

    void scale(long change) {
        if (change > 0) {
            newest_.clear();
            for (long number = 0; number < change; ++number) {
                add_pod();
                newest_.push_back(pods_.back());
            }
        }
        for (long number = change; number < 0 && pods_.size() > 1; ++number) {
            pod* const leaving = pods_.back();
            pods_.pop_back();
            std::erase(newest_, leaving);
            world_.terminate(*leaving, plan::termination_grace);
        }
        if (newest_.empty()) newest_ = {pods_.back()};
        world_.publish(pods_);
    }

    void begin_to_measure() {
        for (pod& each : world_.pods()) dials_before_.push_back(each.dials.size());
        if (pooled_) {
            moves_before_ = pooled_->moves();
            failed_before_ = pooled_->failed();
        }
        lost_before_ = lost();
    }

    [[nodiscard]] moment look(duration when) {
        moment seen;
        seen.at = when;
        std::size_t sum = 0;
        seen.fewest = pods_.front()->sessions.size();
        for (const pod* each : pods_) {
            const std::size_t count = each->sessions.size();
            sum += count;
            seen.fewest = std::min(seen.fewest, count);
            seen.most = std::max(seen.most, count);
        }
        std::size_t on_newest = 0;
        for (const pod* each : newest_) on_newest += each->sessions.size();
        seen.mean = static_cast<double>(sum) / static_cast<double>(pods_.size());
        seen.newest = static_cast<double>(on_newest) / static_cast<double>(newest_.size());
        if (sum > 0) {
            seen.max_over_mean = static_cast<double>(seen.most) / seen.mean;
            seen.newest_share = seen.newest / seen.mean;
        }
        const std::size_t dials = world_.dials();
        seen.dials_per_second = static_cast<double>(dials - dials_seen_);
        dials_seen_ = dials;
        return seen;
    }

    void note_newest_filled() {
        constexpr double nearly = 0.95;
        const moment& now = seen_.moments.back();
        const bool grown = !plan_.scale.empty() && plan_.scale.back().change > 0;
        if (!grown || seen_.newest_filled || now.at <= plan_.reference()) return;
        if (now.newest_share >= nearly) seen_.newest_filled = now.at - plan_.reference();
    }

    void take_looks() {
        duration last{0};
        for (const duration after : plan_.looks) {
            const duration when = plan_.reference() + after;
            last = std::max(last, when);
            const auto found = std::find_if(seen_.moments.begin(), seen_.moments.end(),
                                            [&](const moment& one) { return one.at >= when; });
            seen_.looks.push_back(found == seen_.moments.end() ? std::nullopt : std::optional(*found));
        }
        for (const moment& one : seen_.moments) {
            const bool counts = one.at >= last || one.at == plan_.length;
            if (counts) seen_.worst_max_over_mean = std::max(seen_.worst_max_over_mean, one.max_over_mean);
        }
    }

    void count_dials() {
        dials_before_.resize(world_.pods().size());
        std::vector<time_point> all;
        std::vector<time_point> own;
        for (std::size_t number = 0; number < world_.pods().size(); ++number) {
            const auto& dials = world_.pods()[number].dials;
            own.clear();
            for (std::size_t index = dials_before_[number]; index < dials.size(); ++index) {
                own.push_back(dials[index].first);
            }
            all.insert(all.end(), own.begin(), own.end());
            seen_.busiest_pod_second = std::max(seen_.busiest_pod_second, most_within(1s, own));
        }
        std::sort(all.begin(), all.end());
        seen_.dials = all.size();
        seen_.busiest_second = most_within(1s, all);
        seen_.busiest_ten_seconds = most_within(10s, all);
    }

    [[nodiscard]] std::uint64_t lost() const { return pooled_ ? pooled_->lost() : plain_->lost(); }

    void finish() {
        seen_.lost = lost() - lost_before_;
        seen_.events = world_.events().happened();
        if (!pooled_) return;
        seen_.moves = pooled_->moves() - moves_before_;
        seen_.failed = pooled_->failed() - failed_before_;
        seen_.longest_wait = pooled_->longest_wait();
    }

    const plan& plan_;
    world world_;
    time_point began_;
    std::vector<pod*> pods_;  // behind the name and the Service
    std::vector<pod*> newest_;
    std::optional<pool_clients> pooled_;
    std::optional<plain_clients> plain_;
    history seen_;
    std::size_t dials_seen_ = 0;
    std::vector<std::size_t> dials_before_;
    std::uint64_t moves_before_ = 0;
    std::uint64_t failed_before_ = 0;
    std::uint64_t lost_before_ = 0;
};

}  // namespace

options pool_settings(const plan& scenario, const model& which) {
    std::map<std::string, std::string> values{
        {"pool_max_conns", std::to_string(scenario.sessions)},
        {"pool_min_conns", std::to_string(scenario.sessions)},
        {"pool_max_conn_lifetime", detail::duration_text(scenario.lifetime)},
    };
    for (const auto& [key, value] : scenario.pool_options) values[key] = value;
    if (!which.key.empty()) values[std::string(which.key)] = which.value;
    std::string text;
    for (const auto& [key, value] : values) text += key + "=" + quoted(value) + " ";
    return options::parse(text);
}

history play(const plan& scenario, const model& which, std::uint64_t seed, std::size_t check_every) {
    return run(scenario, which, seed, check_every).go();
}

}  // namespace podpool::simulation
