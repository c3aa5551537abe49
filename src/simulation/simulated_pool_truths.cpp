// SPDX-License-Identifier: BSL-1.0
// What must hold in every world at any time, checked from the world's side.
#include "simulation/simulated_pool.hpp"

#include "simulation/world.hpp"

#include <locale>
#include <sstream>

namespace podpool::simulation {

using core::slot_id;
using core::slot_status;

stats simulated_pool::snapshot() const { return machine_.snapshot(now()); }

std::size_t simulated_pool::sessions_on(const pod& where) const {
    return static_cast<std::size_t>(std::count_if(sockets_.begin(), sockets_.end(), [&](const socket& seen) {
        return seen.state == socket_state::established && seen.where == &where;
    }));
}

void simulated_pool::note_failure(const pod& where, const failure& why) {
    if (why.kind != failure_kind::connection_lost) failing_[where.where] = true;
}

/// Every pod of the last answer fails and none has a connection: only then may an absent one serve.
bool simulated_pool::nothing_discovered_reachable() const {
    if (!known_) return true;
    for (const endpoint_info& listed : known_->endpoints()) {
        const endpoint& where = listed.where;
        if (!known_->contains(where)) continue;
        const auto failing = failing_.find(where);
        if (failing == failing_.end() || !failing->second) return false;
        for (slot_id slot = 0; slot < sockets_.size(); ++slot) {
            const socket& seen = sockets_[slot];
            // The machine may have given it up already, with the order to close it on its way.
            const bool given_up = machine_.connections()[slot].status == slot_status::closing;
            if (seen.state == socket_state::established && !given_up && seen.where->where == where)
                return false;
        }
    }
    return true;
}

void simulated_pool::check_grant(std::size_t id, core::grant given) const {
    if (world_.check_every == 0) return;
    if (given.slot >= sockets_.size()) broken("a grant of a slot without a connection");
    const socket& handed = sockets_[given.slot];
    if (handed.state != socket_state::established) broken("a grant of a slot without a connection");
    if (handed.holder != no_caller) broken("a connection is leased twice");
    if (handed.is_closing) broken("a connection is handed out while it is closed");
    if (now() >= handed.established->opened_at + settings_.max_conn_lifetime) {
        broken("a connection is handed out past its lifetime");
    }
    if (!is_known(handed.where->where) && !nothing_discovered_reachable()) {
        broken("a connection to a pod that isn't in the last answer is handed out");
    }
    const role wanted = callers_[id].plan.wanted;
    if (wanted != role::any && told_.at(handed.where->where) != wanted) {
        broken("a connection to a pod of another role is handed out");
    }
    if (closed_) broken("a closed pool hands out a connection");
    if (callers_[id].now != caller::stage::asking) broken("somebody gets a connection who didn't ask");
}

void simulated_pool::check_slot(slot_id slot) const {
    const core::slot& believed = machine_.connections()[slot];
    static const socket nothing;
    const socket& real = slot < sockets_.size() ? sockets_[slot] : nothing;
    const auto expect = [&](bool holds, const char* what) {
        if (!holds) broken("slot " + std::to_string(slot) + ": " + what);
    };
    const bool unused = real.holder == no_caller;
    switch (believed.status) {
        case slot_status::vacant:
            expect(real.state == socket_state::none, "the machine forgot a socket");
            return;
        case slot_status::opening:
            expect(real.state == (believed.begun ? socket_state::dialing : socket_state::none),
                   "the machine is wrong about a dial");
            if (!believed.begun) return;
            break;
        case slot_status::leased:
            expect(!unused, "leased, but nobody holds it");
            break;
        case slot_status::idle:
            expect(unused && real.operation.number == 0, "idle, but in use");
            break;
        case slot_status::resetting:
        case slot_status::checking:
            expect(unused && real.operation.number != 0, "nobody maintains it");
            break;
        case slot_status::closing:
            expect(unused && real.is_closing, "nobody closes it");
            break;
    }
    if (believed.status != slot_status::opening) {
        expect(real.state == socket_state::established, "the machine believes in a socket that isn't there");
    }
    expect(machine_.endpoints()[believed.endpoint].info.where == real.where->where,
           "counted under another pod than dialled");
}

void simulated_pool::check() {
    if (const std::string wrong = machine_.broken_invariant(now()); !wrong.empty()) broken(wrong);
    for (slot_id slot = 0; slot < machine_.connections().size(); ++slot) check_slot(slot);
    if (machine_.waiting() != queue_.size()) broken("the machine's queue has another length");
    if (socket_count_ > bound_) broken("more sockets than max_conns + renew_overshoot");
    // After a resize the old bound falls with the sockets that close.
    bound_ = std::max(wanted_bound_, std::min(bound_, socket_count_));
}

void simulated_pool::check_finished() {
    check();
    if (!machine_.finished()) broken("the pool doesn't finish after close()");
    if (socket_count_ != 0) broken("sockets are left after close()");
    if (!queue_.empty()) broken("somebody still waits after close()");
    if (outcomes_.answered() != outcomes_.asked) broken("somebody got no answer, or two");
    if (machine_.next_deadline() != core::never) broken("a finished pool has a deadline");
}

void simulated_pool::trace(const char* what, std::uint64_t first, std::uint64_t second) {
    trace_[traced_++ % trace_.size()] = {now(), what, first, second};
}

void simulated_pool::broken(const std::string& what) const {
    std::ostringstream text;
    // The seed is for the command line: without the process's grouping of digits.
    text.imbue(std::locale::classic());
    text << what << "\n  pool " << number_ << ", seed " << world_.seed() << ", at "
         << std::chrono::duration<double>(now().time_since_epoch()).count() << " s; what happened before:\n";
    const std::size_t shown = std::min(traced_, trace_.size());
    for (std::size_t index = traced_ - shown; index < traced_; ++index) {
        const trace_entry& entry = trace_[index % trace_.size()];
        text << "    " << std::chrono::duration<double>(entry.when.time_since_epoch()).count() << "  "
             << entry.what << ' ' << entry.first << ' ' << entry.second << '\n';
    }
    throw broken_truth(text.str());
}

}  // namespace podpool::simulation
