// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"

#include <podpool/detail/duration_text.hpp>

#include <ostream>
#include <string_view>

namespace podpool::properties {

using namespace std::chrono_literals;

namespace {

struct event_row {
    event what;
    std::string_view name;
    std::size_t weight;
};

constexpr std::array<event_row, 37> events{{
    {event::acquire, "acquire", 20},
    {event::acquire_patiently, "acquire_patiently", 8},
    {event::acquire_primary, "acquire_primary", 4},
    {event::acquire_standby, "acquire_standby", 4},
    {event::try_acquire, "try_acquire", 6},
    {event::cancel, "cancel", 6},
    {event::give_back, "give_back", 14},
    {event::give_back_dirty, "give_back_dirty", 10},
    {event::give_back_unanswered, "give_back_unanswered", 10},
    {event::give_back_lost, "give_back_lost", 3},
    {event::give_back_down, "give_back_down", 2},
    {event::give_back_terminated, "give_back_terminated", 3},
    {event::give_back_demoted, "give_back_demoted", 1},
    {event::give_back_refused, "give_back_refused", 1},
    {event::give_back_failed, "give_back_failed", 6},
    {event::give_back_served, "give_back_served", 4},
    {event::change_roles, "change_roles", 1},
    {event::discard, "discard", 2},
    {event::find_dead, "find_dead", 3},
    {event::find_late, "find_late", 3},
    {event::begin_open, "begin_open", 24},
    {event::opened, "opened", 20},
    {event::open_refused, "open_refused", 4},
    {event::open_rejected, "open_rejected", 2},
    {event::open_overloaded, "open_overloaded", 2},
    {event::open_wrong_role, "open_wrong_role", 2},
    {event::maintained, "maintained", 10},
    {event::maintenance_failed, "maintenance_failed", 2},
    {event::closed, "closed", 14},
    {event::discovered, "discovered", 8},
    {event::terminating, "terminating", 1},
    {event::discovery_failed, "discovery_failed", 1},
    {event::pass_time, "pass_time", 12},
    {event::tick, "tick", 12},
    {event::retire_all, "retire_all", 1},
    {event::resize, "resize", 1},
    {event::close, "close", 0},  // every sequence ends with it; in the middle it would end all else
}};

std::string_view name_of(event what) {
    for (const event_row& row : events) {
        if (row.what == what) return row.name;
    }
    return "?";
}

}  // namespace

options pool_shape::settings() const {
    options made;
    made.max_conns = 1 + max_conns % 6U;
    made.min_conns = std::min<std::size_t>(min_conns % 4U, made.max_conns);
    made.min_idle_conns = std::min<std::size_t>(min_idle % 3U, made.max_conns);
    if (per_endpoint % 3U == 2)
        made.max_conns_per_endpoint = std::min<std::size_t>(1 + per_endpoint % 2U, made.max_conns);
    made.renew_overshoot = overshoot % 3U;
    constexpr std::array<std::chrono::nanoseconds, 4> lifetimes{30min, 1min, 10s, 1s};
    made.max_conn_lifetime = lifetimes[times % 4U];
    made.max_conn_idle_time =
        times % 3U == 1 ? std::chrono::nanoseconds(5s) : std::chrono::nanoseconds(10min);
    made.health_check_period =
        times % 5U == 1 ? std::chrono::nanoseconds(200ms) : std::chrono::nanoseconds(30s);
    made.balance = static_cast<balance_policy>(policy % 4U);
    made.max_waiters = waiters % 4U == 3 ? 2 : 1024;
    made.eject_after = 1 + waiters % 2U;
    return made;
}

std::ostream& operator<<(std::ostream& out, const command& shown) {
    out << name_of(shown.what);
    switch (shown.what) {
        case event::pass_time:
            return out << '(' << detail::duration_text(steps[shown.pick % steps.size()]) << ')';
        case event::try_acquire:
        case event::acquire_patiently:
        case event::acquire_primary:
        case event::acquire_standby:
        case event::discovery_failed:
        case event::tick:
        case event::retire_all:
        case event::close:
            return out;
        default:
            return out << '(' << shown.pick << ')';
    }
}

std::ostream& operator<<(std::ostream& out, const pool_shape& shown) {
    const options settings = shown.settings();
    out << "max_conns=" << settings.max_conns << " min_conns=" << settings.min_conns
        << " min_idle=" << settings.min_idle_conns << " overshoot=" << settings.renew_overshoot
        << " lifetime=" << detail::duration_text(settings.max_conn_lifetime)
        << " idle_time=" << detail::duration_text(settings.max_conn_idle_time)
        << " check=" << detail::duration_text(settings.health_check_period)
        << " policy=" << static_cast<int>(settings.balance) << " max_waiters=" << settings.max_waiters;
    if (settings.max_conns_per_endpoint) out << " per_endpoint=" << *settings.max_conns_per_endpoint;
    return out << " seed=" << shown.seed;
}

rc::Gen<std::vector<command>> commands() {
    std::vector<std::pair<std::size_t, event>> weighted;
    for (const event_row& row : events) {
        if (row.weight > 0) weighted.emplace_back(row.weight, row.what);
    }
    std::size_t sum = 0;
    for (const auto& [weight, what] : weighted) sum += weight;
    const auto what = rc::gen::map(rc::gen::inRange<std::size_t>(0, sum), [weighted](std::size_t point) {
        for (const auto& [weight, chosen] : weighted) {
            if (point < weight) return chosen;
            point -= weight;
        }
        return event::tick;
    });
    // What and which are drawn without regard to the size; only the length grows with it.
    const auto one = rc::gen::map(rc::gen::pair(rc::gen::noShrink(what), rc::gen::inRange<int>(0, 64)),
                                  [](const std::pair<event, int>& drawn) {
                                      return command{drawn.first, static_cast<std::uint16_t>(drawn.second)};
                                  });
    return rc::gen::scale(3.0, rc::gen::container<std::vector<command>>(rc::gen::resize(100, one)));
}

rc::Gen<pool_shape> pool_shapes() {
    const auto small = [](int most) {
        return rc::gen::map(rc::gen::inRange<int>(0, most),
                            [](int drawn) { return static_cast<std::uint8_t>(drawn); });
    };
    return rc::gen::resize(
        100,
        rc::gen::build<pool_shape>(
            rc::gen::set(&pool_shape::max_conns, small(6)), rc::gen::set(&pool_shape::min_conns, small(4)),
            rc::gen::set(&pool_shape::min_idle, small(3)), rc::gen::set(&pool_shape::per_endpoint, small(6)),
            rc::gen::set(&pool_shape::overshoot, small(3)), rc::gen::set(&pool_shape::times, small(60)),
            rc::gen::set(&pool_shape::policy, small(4)), rc::gen::set(&pool_shape::waiters, small(4)),
            rc::gen::set(&pool_shape::seed, rc::gen::inRange<std::uint64_t>(1, 1'000'000))));
}

}  // namespace podpool::properties
