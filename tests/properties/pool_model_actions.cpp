// SPDX-License-Identifier: BSL-1.0
// What the machine asks for, and what the model makes of it.
#include "pool_model.hpp"

namespace podpool::properties {

using core::action_kind;

void pool_model::absorb() {
    std::vector<core::action> asked;
    for (int round = 0; machine_.has_actions(); ++round) {
        expect(round < 100, "the machine asks for things without end");
        machine_.take_actions(asked);
        for (const core::action& each : asked) absorb_one(each);
    }
}

void pool_model::absorb_one(const core::action& asked) {
    switch (asked.kind) {
        case action_kind::open:
            on_open(asked.slot);
            break;
        case action_kind::reset:
            open_[asked.slot].unanswered = false;
            maintaining_.push_back({asked.slot, false});
            break;
        case action_kind::check:
            open_[asked.slot].unanswered = false;
            maintaining_.push_back({asked.slot, true});
            break;
        case action_kind::close: {
            const bool leased = std::any_of(leases_.begin(), leases_.end(),
                                            [&](const lease& each) { return each.slot == asked.slot; });
            expect(!leased, "a connection is closed while it is in use");
            expect(open_.contains(asked.slot), "a connection is closed that isn't open");
            expect(
                std::find(closing_slots_.begin(), closing_slots_.end(), asked.slot) == closing_slots_.end(),
                "a connection is closed twice");
            closing_slots_.push_back(asked.slot);
            break;
        }
        case action_kind::grant:
            on_grant(asked);
            break;
        case action_kind::refuse:
            on_refusal(asked);
            break;
        case action_kind::ready:
        case action_kind::abort:
        case action_kind::report:
        case action_kind::refresh:
            break;
    }
}

void pool_model::on_open(slot_id slot) {
    expect(!closing_, "a closed pool opens a connection");
    expect(!open_.contains(slot), "an opening on a slot that has a connection");
    const endpoint_model& target = endpoints_[where(slot)];
    expect(target.missed == 0, "an opening to an endpoint that isn't in the last answer");
    expect(usable(where(slot)), "an opening to an endpoint that shuts down");
    if (target.failing != failure_kind::none) {
        const core::duration shortest = core::backoff_for(target.failing).first / 2;
        expect(now_ >= target.failed_at + shortest, "an opening during the back-off");
    }
    to_begin_.push_back(slot);
}

void pool_model::on_grant(const core::action& asked) {
    const auto granted = std::find_if(queue_.begin(), queue_.end(),
                                      [&](const waiter& each) { return each.cookie == asked.cookie; });
    expect(granted != queue_.end() && waits_for(asked.slot, *granted), "a grant is for nobody whom it suits");
    const bool is_first = std::none_of(queue_.begin(), granted, [&](const waiter& each) {
        return waits_for(asked.slot, each) && !is_spared(asked.slot, each, granted->wanted);
    });
    expect(is_first, "a grant isn't for the first waiter whom it suits");
    const waiter served = *granted;
    queue_.erase(granted);
    expect(now_ - lag_ < served.deadline, "a waiter is served past its deadline");
    ++totals_.waits;
    take({asked.slot, asked.verify, false, asked.unanswered}, served.cookie, served.deadline, served.wanted);
}

void pool_model::on_refusal(const core::action& asked) {
    const auto refused = std::find_if(queue_.begin(), queue_.end(),
                                      [&](const waiter& each) { return each.cookie == asked.cookie; });
    expect(refused != queue_.end(), "an answer for somebody who doesn't wait");
    if (asked.reason == errc::acquire_timeout) {
        expect(now_ >= refused->deadline, "a waiter times out early");
        ++totals_.timeouts;
    } else {
        const bool rejected = asked.reason == errc::connection_rejected && all_rejected();
        expect(rejected || (asked.reason == errc::pool_closed && closing_),
               "a waiter is refused without reason");
        ++totals_.refusals;
    }
    queue_.erase(refused);
}

void pool_model::take(const core::grant& given, std::uintptr_t cookie, time_point deadline, role wanted) {
    const slot_id slot = given.slot;
    ++totals_.grants;
    expect(wanted == role::any || believed(slot) == wanted, "a connection of another role is handed out");
    expect(!closing_, "a closed pool hands out a connection");
    expect(open_.contains(slot), "a grant of a slot without a connection");
    expect(given.unanswered == std::exchange(open_[slot].unanswered, false),
           "a grant doesn't say whether a reset is unanswered");
    const bool leased_already =
        std::any_of(leases_.begin(), leases_.end(), [&](const lease& each) { return each.slot == slot; });
    expect(!leased_already, "a connection is leased twice");
    expect(now_ - lag_ < open_[slot].opened_at + settings_.max_conn_lifetime,
           "a connection is handed out too old");
    expect(usable(where(slot)), "a connection of an absent endpoint is handed out");
    expect(!machine_.endpoints()[machine_.connections()[slot].endpoint].doubtful,
           "a connection of an endpoint in doubt is handed out");
    expect(open_[slot].number > endpoints_[where(slot)].demoted,
           "a connection from before its endpoint's change of role is handed out");
    leases_.push_back({slot, cookie, deadline, wanted});
}

void pool_model::becomes_idle(slot_id slot, bool after_check) {
    open_[slot].order = after_check ? --oldest_order_ : ++newest_order_;
}

void pool_model::note_failure(slot_id slot, failure_kind why, bool any_kind) {
    const bool counts = any_kind || why == failure_kind::endpoint_down || why == failure_kind::wrong_role;
    if (why == failure_kind::none || !counts) return;
    endpoint_model& failed = endpoints_[where(slot)];
    // What fails during a back-off doesn't start it anew, and the model doesn't know how long it was drawn.
    if (failed.failing != why || now_ >= failed.failed_at + core::backoff_for(why).longest) {
        failed.failed_at = now_;
    }
    failed.failing = why;
    if (why == failure_kind::wrong_role) failed.demoted = totals_.opened;
}

}  // namespace podpool::properties
