// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/acquire_result.hpp>
#include <podpool/core/action.hpp>
#include <podpool/core/balancing.hpp>
#include <podpool/core/connection_table.hpp>
#include <podpool/core/endpoint_table.hpp>
#include <podpool/core/lifetime.hpp>
#include <podpool/core/parts/readiness.hpp>
#include <podpool/core/parts/role_demand.hpp>
#include <podpool/core/pool_counters.hpp>
#include <podpool/core/sizing.hpp>
#include <podpool/core/waiter_queue.hpp>
#include <podpool/failure.hpp>
#include <podpool/options.hpp>
#include <podpool/role.hpp>
#include <podpool/role_policy.hpp>
#include <podpool/stats.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace podpool::core {

/// Where a waiter joins the queue.
enum class queue_end : std::uint8_t { back, front };

/// The pool as a machine: events in, actions out. It does no I/O, has no clock and no source of
/// randomness but its seed, so the same events give the same actions in a server, a simulator or a fuzzer.
///
/// Every function takes the time of the event. After each call do what take_actions() returns, and call
/// tick() at next_deadline(). Not thread-safe: its owner serializes the calls.
class machine {
public:
    /// `settings` are validated; `seed` drives ties, jitter and back-off; `roles`: as the driver has them.
    machine(const options& settings, std::uint64_t seed, time_point now, role_policy roles = {})
        : rng_(seed),
          settings_(settings),
          roles_(roles),
          acquire_balancer_(settings.balance),
          role_balancers_{balancer(settings.balance), balancer(settings.balance), balancer(settings.balance)},
          open_balancer_(settings.balance),
          max_(settings.max_conns),
          subset_seed_(rng_.next()),
          maintenance_at_(now) {}

    // --- Callers ---

    /// Leases an idle connection, or none if there is none or others wait already.
    grant try_acquire(time_point now) {
        if (!waiters_.empty(role::any) || closing_) return {};
        const grant found = take_idle(now);
        if (lacks_idle()) [[unlikely]]
            settle(now);
        return found;
    }

    /// The same of an endpoint with this role.
    grant try_acquire(time_point now, role wanted);

    /// Leases a connection, or queues the caller; `cookie` comes back in a grant or refuse action.
    acquire_result acquire(time_point now, time_point deadline, std::uintptr_t cookie,
                           queue_end end = queue_end::back, role wanted = role::any);

    /// Takes a waiter out of the queue; false if it was served or refused before: its action is on its way.
    bool cancel(waiter_id waiter);

    /// Asks for a `ready` action with this cookie once the minimum size is open, at least one connection; or
    /// for a `refuse` action with errc::not_ready, connection_rejected or pool_closed. Returns the number of
    /// the request.
    std::uint64_t await_ready(time_point now, time_point deadline, std::uintptr_t cookie);
    /// Withdraws such a request; false if it was answered before: its action is on its way.
    bool cancel_ready(std::uint64_t request, time_point now);

    /// Takes a lease back. `why` is what broke during it; `needs_reset`: its state must be cleared first.
    void released(slot_id id, const failure& why, bool needs_reset, time_point now) {
        slot& returned = connections_[id];
        const bool plain = !returned.doomed && !returned.due && !why && !needs_reset && waiters_.empty() &&
                           now < returned.ends_at && !crowded_;
        if (!plain) return released_slowly(id, why, needs_reset, now);
        returned.last_used = now;
        returned.last_seen = seen_at_end(returned, now);
        connections_.give_back(id);
    }

    /// Takes a healthy lease back whose reset has been sent: the connection is as good as idle. Its next
    /// grant says `unanswered`; when nobody takes it for a moment, a `reset` action asks for the answer to be
    /// read.
    void released_unanswered(slot_id id, time_point now);

    /// Takes back an `unanswered` grant whose answer didn't come while its caller waited: the background goes
    /// on waiting, and another connection of the endpoint shows whether its server hangs.
    void answer_is_late(slot_id id, time_point now);

    /// Takes a lease back whose connection must not be used again; a new one is opened when somebody needs
    /// it.
    void discarded(slot_id id, time_point now, close_reason why = close_reason::discarded);

    /// Takes a lease back whose session can't be cleared: another connection is opened in its place, since
    /// its next caller is as likely as if it had come back.
    void replaced(slot_id id, time_point now);

    /// Notes how long one lease lasted; a sample of all leases is enough.
    void note_use_time(duration used);

    // --- Answers to actions ---

    /// Asks where to dial for an open action; nullptr: the demand or the endpoint is gone, the slot is vacant
    /// again.
    const endpoint_info* begin_open(slot_id id, time_point now);
    /// `seen`: the role that the server has told.
    void opened(slot_id id, time_point now, role seen = role::unknown);
    void open_failed(slot_id id, const failure& why, time_point now);
    /// A reset or a check ended.
    void maintained(slot_id id, const failure& why, time_point now);
    void closed(slot_id id, time_point now);
    /// The server says how many sessions it has in all, those of other clients included; to be told just
    /// before opened() or maintained() of the connection that was asked.
    void reported(slot_id id, std::size_t total, time_point now);

    // --- Roles ---

    /// A connection's server has just told its role, in answer to a check or with other answers.
    void role_seen(slot_id id, role seen, time_point now);
    /// A leased connection's server refused a write, as a server does that has become a standby.
    void role_doubted(slot_id id, time_point now);

    // --- Servers that fail statements ---

    /// Some endpoint has failed statements of late: statement_served() is worth a call.
    [[nodiscard]] bool any_errors() const noexcept { return any_errors_; }
    /// To be told before released() and its kin: the lease met an error of the server's own.
    void statement_failed(slot_id id, const failure& why, time_point now);
    /// ... or none such, and an answer.
    void statement_served(slot_id id, time_point now);

    // --- Discovery, orders and time ---

    void discovered(const endpoint_set& answer, time_point now);
    /// The last good answer again: as discovered() with an equal one, without a look at every endpoint.
    void discovered_again(time_point now);
    void discovery_failed(std::string_view why, time_point now);
    /// Gives every connection up: idle ones are closed now, leased ones on return.
    void retire_all(time_point now);
    /// Renews every connection that is open now, one after the other at the pace of moves.
    void renew_all(time_point now);
    /// Changes max_conns (at least 1); a smaller pool closes idle connections now and leased ones on return.
    void resize(std::size_t max_conns, time_point now);
    /// Refuses waiters and new callers, closes idle connections, lets leases finish.
    void close(time_point now);
    /// Does what is due; calling it too early is harmless.
    void tick(time_point now) { settle(now); }

    // --- What to do, and how things stand ---

    [[nodiscard]] bool has_actions() const noexcept { return !actions_.empty(); }
    /// Whether there are actions, or next_deadline() may have moved, since the actions were taken last. Not
    /// after what only moves a connection from idle to leased or back.
    [[nodiscard]] bool has_news() const noexcept { return settled_ || has_actions(); }
    /// The pending actions; drop_actions() when they are taken over.
    [[nodiscard]] std::span<const action> pending_actions() const noexcept { return actions_; }
    void drop_actions() noexcept {
        actions_.clear();
        settled_ = false;
    }
    /// Moves the pending actions into `out`, whose old content is dropped; swaps buffers, so that nothing
    /// is allocated in the long run.
    void take_actions(std::vector<action>& out) {
        out.clear();
        out.swap(actions_);
        settled_ = false;
    }
    /// When tick() must be called at the latest; never: not before another event.
    [[nodiscard]] time_point next_deadline() const noexcept {
        return closing_
                   ? never
                   : std::min({next_deadline_, maintenance_at_, read_answers_at_, waiters_.next_deadline()});
    }
    /// close() was called and no socket is left.
    [[nodiscard]] bool finished() const noexcept { return closing_ && connections_.sockets() == 0; }
    [[nodiscard]] bool closing() const noexcept { return closing_; }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiters_.size(); }
    [[nodiscard]] const connection_table& connections() const noexcept { return connections_; }
    [[nodiscard]] const endpoint_table& endpoints() const noexcept { return endpoints_; }
    [[nodiscard]] stats snapshot(time_point now) const;
    /// The first invariant that doesn't hold, in words; empty when all hold. For tests: O(connections).
    [[nodiscard]] std::string broken_invariant(time_point now) const;

    /// Connections not seen alive for longer than this are looked at before they are handed out
    /// (HikariCP's window).
    static constexpr duration verify_window = std::chrono::milliseconds(500);
    /// An attempt that takes longer no longer holds back another one (RFC 8305 has 250 ms).
    static constexpr duration patience = std::chrono::milliseconds(250);
    /// An endpoint missing from this many good answers in a row is removed: the first and two more.
    static constexpr unsigned answers_until_removed = 3;
    /// An idle connection's answer to a reset is read in the background after this time; until then, and
    /// usually, its next caller reads it.
    static constexpr duration answer_window = std::chrono::milliseconds(100);
    /// One lease in so many that needn't be waited for is timed: reading a precise clock twice would double
    /// its price.
    static constexpr std::uint64_t timed_share = 16;
    /// Nothing is decided by a server's total that is older: with totals 15 s old, choosing the lowest is
    /// worse than choosing at random.
    static constexpr duration freshness = std::chrono::seconds(5);
    /// Totals are looked at once in this time, give or take a half.
    static constexpr duration shedding_round = std::chrono::seconds(15);
    /// With overload_policy::codel: a queue in which one waits for longer than this, or than a use of a
    /// connection lasts, is too long (RFC 8289 has 5 ms) ...
    static constexpr duration least_target = std::chrono::milliseconds(5);
    /// ... if it has stood for so many times that (RFC 8289: 100 ms).
    static constexpr int targets_per_interval = 20;

private:
    struct shedding_view {
        endpoint_id from = none;
        endpoint_id to = none;
        double chance = 0;
    };

    grant take_idle(time_point now);
    grant lease_newest(endpoint_id where, time_point now);

    /// When what was used until now was surely alive: at the start of a long use, or of one with a loss.
    [[nodiscard]] time_point seen_at_end(const slot& used, time_point now) const {
        const time_point oldest = connections_.at(used.endpoint).suspect_since;
        return used.since <= std::max(oldest, now - verify_window) ? used.since : now;
    }

    /// Leases are what makes idle connections fewer than wanted.
    [[nodiscard]] bool lacks_idle() const { return connections_.totals().idle < settings_.min_idle_conns; }

    static void blend(duration& estimate, duration sample) {
        estimate = estimate == duration{0} ? sample : estimate + (sample - estimate) / 8;
    }

    // Callers and connections: impl/machine_connections.hpp
    void released_slowly(slot_id id, const failure& why, bool needs_reset, time_point now);
    bool ends_with_lease(slot_id id, time_point now);
    void back_to_idle(slot_id id, time_point now);
    void connection_failed(slot_id id, const failure& why, time_point now);
    void close_slot(slot_id id, close_reason reason);
    void end_of_life(slot_id id);
    void close_idle_of(endpoint_id id, close_reason reason);
    void abandon_connections_of(endpoint_id id, close_reason reason);
    void end_of_opening(slot_id id);
    void finish_renewal(slot& replacement, time_point now);
    void doom_or_close(slot_id id, close_reason reason);
    void forget_if_unused(endpoint_id id);
    void serve(time_point now);
    void refuse_all(errc reason);
    void expire_waiters(time_point now);
    void shed_waiters(time_point now);
    [[nodiscard]] bool all_rejected(time_point now) const;

    // Resets: impl/machine_resets.hpp
    void released_unanswered_slowly(slot_id id, time_point now);
    void start_reset(slot_id id, time_point now);
    void read_answers(time_point now);

    // Roles: impl/machine_roles.hpp
    grant take_idle(time_point now, role wanted) {
        return wanted == role::any ? take_idle(now) : take_idle_of(wanted, now);
    }
    grant take_idle_of(role wanted, time_point now);
    void learn_role(endpoint_id id, role seen, time_point now);
    void forget_role(endpoint_id id);
    void ask_role(endpoint_id id, time_point now);
    void look_for(role wanted, time_point now);
    void review_preference(time_point now);
    void make_room_from_others(role wanted, std::size_t missing, time_point now);
    [[nodiscard]] bool suits(endpoint_id id, role wanted) const;
    [[nodiscard]] bool may_suit(endpoint_id id, role wanted, open_purpose purpose) const;
    [[nodiscard]] bool can_serve(endpoint_id id, time_point now) const;
    [[nodiscard]] bool can_open_for(role wanted, time_point now) const;
    [[nodiscard]] bool is_checked(endpoint_id id) const;
    [[nodiscard]] bool gives_way(endpoint_id id) const;
    [[nodiscard]] bool must_make_way(slot_id returned, time_point now) const;
    [[nodiscard]] bool has_stragglers() const;
    [[nodiscard]] bool is_straggler(const slot& held) const;

    // Endpoints: impl/machine_endpoints.hpp
    void merge(const endpoint_info& info, removal_kind removal, time_point now);
    void note_new_member(endpoint_id id, removal_kind removal, time_point now);
    void drop_missing(removal_kind removal, time_point now);
    void judge_missing(endpoint_id id, removal_kind removal, time_point now);
    void replace_server(endpoint_id id, time_point now);
    void remove_endpoint(endpoint_id id, time_point now);
    void review_leaving(time_point now);
    [[nodiscard]] bool is_missed(role wanted) const;
    void drain(endpoint_id id);
    void update_usable();
    [[nodiscard]] bool serves_all(endpoint_id id) const;
    [[nodiscard]] bool none_reachable() const;
    [[nodiscard]] endpoint_id choose_for_opening(time_point now, endpoint_id leaving, role wanted,
                                                 open_purpose purpose);
    template <typename Load>
    void prefer_sound(const Load& load, double limit);
    void prefer_members();
    [[nodiscard]] bool may_open_more(endpoint_id id, time_point now) const;
    [[nodiscard]] bool has_slow_opening(endpoint_id id, time_point now) const;
    [[nodiscard]] bool may_dial(endpoint_id id, time_point now) const;
    [[nodiscard]] bool is_on_trial(endpoint_id id, time_point now) const;
    [[nodiscard]] bool is_slow(const slot& opening, time_point now) const;

    // How much each endpoint should carry: impl/machine_shares.hpp
    void update_shares(time_point now);
    void weigh_by_zone(time_point now);
    void limit_to_subset(time_point now);
    bool apply_shares();
    [[nodiscard]] bool may_differ() const;
    [[nodiscard]] bool is_candidate(endpoint_id id) const;
    [[nodiscard]] bool counts_as_well(endpoint_id id, time_point now) const;
    [[nodiscard]] double seat_at(endpoint_id id, double count) const;
    [[nodiscard]] double next_seat(endpoint_id id) const;
    [[nodiscard]] double last_seat(endpoint_id id) const;

    // Size and age: impl/machine_upkeep.hpp
    void settle(time_point now);
    bool start_open(open_purpose purpose, time_point now, slot_id replaces = none, role wanted = role::any);
    bool start_open_on(endpoint_id where, open_purpose purpose, time_point now, slot_id replaces,
                       role wanted = role::any);
    [[nodiscard]] std::size_t room() const;
    [[nodiscard]] std::size_t hard_room() const;
    void grow(time_point now);
    void grow_for(role wanted, time_point now);
    void make_room_from_parked(std::size_t wanted);
    [[nodiscard]] std::size_t minimum() const;
    void keep_minimum(time_point now);
    void answer_ready(time_point now);
    void pay_renewal_debt(time_point now);
    void maintain(time_point now);
    void renew(time_point now);
    bool start_renewal(slot_id victim, time_point now);
    [[nodiscard]] duration renewal_pause() const;
    void close_unused(time_point now);
    void check_idle(time_point now);
    void report_leaks(time_point now);
    void renew_older(time_point now);
    void trim();

    // Endpoints that don't answer, or fail statements: impl/machine_health.hpp
    void start_check(slot_id id, time_point now, bool in_doubt = false);
    void ask_a_sibling(endpoint_id where, time_point now);
    void review_health(time_point now);
    void note_probe(endpoint_id where, time_point now);
    [[nodiscard]] bool may_eject(endpoint_id id) const;
    [[nodiscard]] bool is_sound(endpoint_id id) const;
    [[nodiscard]] bool is_kept_back(endpoint_id id, role wanted) const;
    void doubt(endpoint_id id, role wanted);
    void ask_doubtful(time_point now);
    bool drop_question(endpoint_id id, slot_id asked);
    void login_failed(endpoint_id id, failure_kind why, bool was_asked);
    void end_doubt(endpoint_id id);

    // Moves to under-loaded endpoints: impl/machine_rebalance.hpp
    void allow_moves(time_point now);
    void expect_first_session(endpoint_id id, time_point now);
    void rebalance(time_point now);
    void begin_first_session(time_point now);
    /// Where a connection is surplus, for whom such a one was opened, and where one is missing most.
    struct surplus_place {
        endpoint_id where = none;
        role wanted = role::any;
        endpoint_id missing_at = none;
    };
    void take_turn(time_point now);
    void move_one(surplus_place from, time_point now);
    [[nodiscard]] surplus_place fullest_with_surplus(time_point now);
    [[nodiscard]] surplus_place fullest_for(role wanted, time_point now) const;
    [[nodiscard]] endpoint_id primary_to_leave(time_point now) const;
    [[nodiscard]] bool holds(endpoint_id id, role wanted) const {
        return held_for_[id][static_cast<std::size_t>(wanted)];
    }
    [[nodiscard]] duration move_interval() const;
    [[nodiscard]] bool set_is_certain() const;
    [[nodiscard]] bool has_two_on_one() const;
    [[nodiscard]] bool openings_pending() const;
    [[nodiscard]] bool any_expected() const;
    [[nodiscard]] double pools_like_this() const;
    [[nodiscard]] bool move_pending() const;
    void count_loads();

    // The servers' own totals: impl/machine_totals.hpp
    [[nodiscard]] std::optional<double> total_of(endpoint_id id, time_point now, duration oldest) const;
    [[nodiscard]] endpoint_id less_used_of_two(endpoint_id first, time_point now);
    void allow_shedding(time_point now);
    void shed(time_point now);
    void ask_for_totals(time_point now);
    void play_round(time_point now);
    [[nodiscard]] std::optional<double> estimate_totals(time_point now);
    [[nodiscard]] shedding_view look_at_totals(time_point now);
    [[nodiscard]] double chance_to_shed(double mean) const;
    [[nodiscard]] bool passes_trial(const slot& newcomer, time_point now);
    void begin_trial(slot_id id, time_point now);
    bool end_trial(slot_id id, bool lost, time_point now);
    [[nodiscard]] bool stays(endpoint_id leaving, time_point now);

    [[nodiscard]] bool surplus() const;
    [[nodiscard]] growth_view growth(role wanted, time_point now) const;
    [[nodiscard]] time_point earliest_deadline(time_point now) const;
    [[nodiscard]] std::size_t patient_openings(role wanted, time_point now) const;
    [[nodiscard]] std::size_t open_for(role wanted) const;
    [[nodiscard]] std::size_t replacements_opening() const;

    // Figures: impl/machine_stats.hpp
    [[nodiscard]] endpoint_stats endpoint_snapshot(endpoint_id id, time_point now) const;
    void note_renewal(time_point now);
    [[nodiscard]] double renewal_rate(time_point now) const;

    random rng_;
    connection_table connections_;
    options settings_;
    role_policy roles_;
    balancer acquire_balancer_;
    std::array<balancer, role_count> role_balancers_;  // of callers who want a role
    balancer open_balancer_;
    endpoint_table endpoints_;
    waiter_queue waiters_;
    std::vector<action> actions_;
    readiness readiness_;
    std::vector<slot_id> openings_;                // slots in status opening, oldest first
    std::vector<slot_id> checks_;                  // slots in status checking, and some that were
    bool any_errors_ = false;                      // some endpoint has failed statements of late
    bool any_unwell_ = false;                      // some endpoint lets a question wait, or is ejected
    std::array<bool, role_count> others_serve_{};  // ... and another one can serve those who want this role
    std::size_t max_;
    std::uint64_t subset_seed_;
    bool shares_vary_ = false;      // by weight, zone or subset, though they may be the same just now
    bool uneven_shares_ = false;    // some endpoint should carry more than another
    std::size_t renewal_debt_ = 0;  // connections closed before the replacement that they are due was open
    bool moves_allowed_ = false;
    time_point next_move_;                    // when to look for a surplus connection again
    time_point next_turn_;                    // the pace of moves, for whatever reason
    time_point first_session_at_ = never;     // of a member that is expected
    std::optional<time_point> renew_before_;  // what was opened until then is renewed
    time_point queue_since_;                  // somebody has waited for a full pool at any time since
    bool shedding_ = false;                   // sessions may move to make the servers' totals even
    bool totals_asked_ = false;               // in this round
    bool informed_ = false;                   // some totals were fresh in a round since the last change
    unsigned rounds_left_ = 0;
    time_point next_round_;
    slot_id trial_ = none;  // was opened to make totals even and is asked for its server's
    bool closing_ = false;
    bool settled_ = false;      // since the actions were taken last
    bool crowded_ = false;      // more connections than max_conns: released ones may have to go
    bool fallback_ = false;     // nothing discovered is reachable: absent endpoints' connections serve
    bool any_leaving_ = false;  // some endpoint is shutting down, has vanished or is a former source's
    // With prefer_standby only:
    bool standbys_serve_ = false;  // at least one can, so callers without a wish get no primary
    bool primaries_help_ = false;  // ... but for connections from before, until they have moved
    std::array<role_demand, role_count> demand_;
    duration estimated_open_{0};
    duration estimated_use_{0};
    time_point maintenance_at_;
    time_point next_deadline_ = never;
    time_point read_answers_at_ = never;  // set while an idle connection's reset may be unanswered
    pool_counters counters_;
    histogram wait_time_;
    histogram use_time_;
    histogram open_time_;
    double renewal_rate_ = 0;  // per second, at renewal_rate_at_
    time_point renewal_rate_at_;
    std::string discovery_source_;
    std::string discovery_error_;
    std::optional<time_point> answered_at_;
    bool all_present_ = false;   // every known endpoint was in the last good answer
    bool none_missing_ = true;   // every one that isn't on its way out was
    bool by_authority_ = false;  // the last good answer was an authority's
    // Scratch space, kept so that repeated upkeep doesn't allocate.
    std::vector<endpoint_id> candidates_;
    std::vector<std::pair<time_point, slot_id>> aging_;
    std::vector<std::size_t> loads_;
    std::vector<std::array<bool, role_count>> held_for_;  // whether an endpoint has connections for a role
    std::vector<double> totals_;
    std::vector<double> shares_;
};

}  // namespace podpool::core

#include <podpool/core/impl/machine_connections.hpp>
#include <podpool/core/impl/machine_endpoints.hpp>
#include <podpool/core/impl/machine_health.hpp>
#include <podpool/core/impl/machine_rebalance.hpp>
#include <podpool/core/impl/machine_resets.hpp>
#include <podpool/core/impl/machine_roles.hpp>
#include <podpool/core/impl/machine_shares.hpp>
#include <podpool/core/impl/machine_stats.hpp>
#include <podpool/core/impl/machine_totals.hpp>
#include <podpool/core/impl/machine_upkeep.hpp>
