// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "command.hpp"

#include <podpool/core/machine.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace podpool::properties {

/// A property that doesn't hold; the message says which and how it came to that.
class violation : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// A machine and a small model of what it ought to be doing, fed the same events.
///
/// The model knows who waits in which order, who holds what, what is being dialled, reset or closed, and
/// which endpoints were in the last answer. It never looks into the machine's own lists or counts but to
/// compare them.
class pool_model {
public:
    explicit pool_model(const pool_shape& shape);

    /// Lets an event happen; one that concerns nobody does nothing.
    void apply(const command& given);
    /// Everything becomes healthy and stays so: everybody who waits must get an answer soon.
    void recover();
    /// close(), and everything that is under way ends: nothing may be left.
    void finish();

private:
    using slot_id = core::slot_id;
    using time_point = core::time_point;

    struct waiter {
        std::uintptr_t cookie = 0;
        time_point deadline;
        core::waiter_id id;
        role wanted = role::any;
    };
    struct lease {
        slot_id slot = core::none;
        std::uintptr_t cookie = 0;
        time_point deadline;
        role wanted = role::any;
    };
    struct maintenance {
        slot_id slot = core::none;
        bool is_check = false;
    };
    struct connection {
        time_point opened_at;
        std::uint64_t number = 0;
        std::int64_t order = 0;   ///< of use: higher was used later
        bool unanswered = false;  ///< a reset was sent, and nobody has asked for its answer
    };
    struct endpoint_model {
        unsigned missed = 0;
        bool leaving = false;   ///< shutting down, as the last answer that had it said
        bool vanished = false;  ///< an authority lacks it
        bool removed = false;   ///< for good, unless an answer has it again
        failure_kind failing = failure_kind::none;
        time_point failed_at;
        std::uint64_t demoted = 0;  ///< the newest connection when it was last of the wrong role
    };
    struct totals {
        std::uint64_t grants = 0;
        std::uint64_t waits = 0;
        std::uint64_t timeouts = 0;
        std::uint64_t cancellations = 0;
        std::uint64_t refusals = 0;
        std::uint64_t opened = 0;
        std::uint64_t open_failures = 0;
        std::uint64_t closed = 0;
    };

    // Events
    void acquire(core::duration timeout, role wanted = role::any);
    void take_result(const core::acquire_result& result, std::uintptr_t cookie, time_point deadline,
                     core::queue_end end, role wanted);
    void try_acquire();
    void cancel(std::size_t pick);
    void give_back(std::size_t pick, failure_kind why, bool dirty);
    void give_back_clean(std::size_t pick);
    void give_back_refused(std::size_t pick);
    void give_back_unanswered(std::size_t pick);
    void give_back_judged(std::size_t pick, bool served);
    void discard(std::size_t pick);
    void find_unusable(std::size_t pick, const failure& why);
    void begin_open(std::size_t pick);
    void opened(std::size_t pick);
    void open_failed(std::size_t pick, failure_kind why);
    void maintained(std::size_t pick, failure_kind why);
    void closed(std::size_t pick);
    void discovered(std::size_t pick, bool one_terminates);
    void pass(core::duration length);
    void tick();
    void resize(std::size_t pick);

    // What the machine asks for
    void absorb();
    void absorb_one(const core::action& asked);
    void on_open(slot_id slot);
    void on_grant(const core::action& asked);
    void on_refusal(const core::action& asked);
    void take(const core::grant& given, std::uintptr_t cookie, time_point deadline, role wanted);
    void check_choice(slot_id slot, role wanted) const;
    void becomes_idle(slot_id slot, bool after_check);
    void note_failure(slot_id slot, failure_kind why, bool any_kind);

    void work_off();

    // Truths
    void check();
    void check_slots() const;
    void check_waiters() const;
    void check_stats() const;
    void check_recovered() const;
    [[nodiscard]] bool usable(const endpoint& at) const;
    static bool is_member(const endpoint_model& known) { return known.missed == 0 && !known.leaving; }
    [[nodiscard]] bool is_missed(role wanted) const;
    /// Whether a check of one of its connections is under way.
    [[nodiscard]] bool is_asked(const endpoint& at) const {
        return std::any_of(maintaining_.begin(), maintaining_.end(),
                           [&](const maintenance& each) { return each.is_check && where(each.slot) == at; });
    }
    [[nodiscard]] role role_of(const endpoint& at) const;
    [[nodiscard]] role believed(slot_id slot) const;
    [[nodiscard]] bool waits_for(slot_id slot, const waiter& waiting) const {
        return waiting.wanted == role::any || waiting.wanted == believed(slot);
    }
    [[nodiscard]] bool somebody_wants(role wanted) const;
    [[nodiscard]] bool nothing_reachable() const;
    [[nodiscard]] bool all_rejected() const;
    [[nodiscard]] bool is_well(core::endpoint_id at) const;
    [[nodiscard]] bool others_serve(core::endpoint_id at, role wanted) const;
    [[nodiscard]] bool is_spared(slot_id slot, const waiter& waiting, role other) const;
    [[nodiscard]] std::size_t open_on(const endpoint& at) const;
    [[nodiscard]] std::size_t leased_on(core::endpoint_id at) const;
    [[nodiscard]] const endpoint& where(slot_id slot) const;
    [[nodiscard]] bool idle(slot_id slot) const;
    [[nodiscard]] std::size_t sockets() const;
    void expect(bool holds, const std::string& what) const;
    void note(std::string what);

    options settings_;
    core::machine machine_;
    time_point now_;
    core::duration lag_{0};  ///< of the clock that the current call was made with
    std::size_t max_;
    std::size_t bound_;
    bool resized_ = false;
    bool closing_ = false;
    std::uintptr_t last_cookie_ = 0;
    std::deque<waiter> queue_;
    std::vector<lease> leases_;
    std::vector<slot_id> to_begin_;
    std::vector<slot_id> dialing_;
    std::vector<maintenance> maintaining_;
    std::vector<slot_id> closing_slots_;
    std::map<slot_id, connection> open_;
    std::map<endpoint, endpoint_model> endpoints_;  // known ones
    std::set<role> asked_;                          // the roles that callers have asked for
    std::int64_t newest_order_ = 0;
    std::int64_t oldest_order_ = 0;
    endpoint primary_;  // all others are standbys
    totals totals_;
    std::size_t events_ = 0;
    std::vector<std::string> history_;
};

}  // namespace podpool::properties
