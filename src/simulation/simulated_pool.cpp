// SPDX-License-Identifier: BSL-1.0
// What the machine asks for, done in the world: the counterpart of the runtime's arms.
#include "simulation/simulated_pool.hpp"

#include "simulation/world.hpp"

namespace podpool::simulation {

using core::action_kind;
using core::slot_id;
using namespace std::chrono_literals;

simulated_pool::simulated_pool(world& surroundings, std::size_t number, const options& settings,
                               std::uint64_t seed)
    : world_(surroundings),
      number_(number),
      settings_(settings),
      rng_(seed ^ 0x5eedU),
      machine_(settings, seed, surroundings.now()),
      bound_(settings.max_conns + settings.renew_overshoot),
      wanted_bound_(bound_) {
    settings_.validate();
    if (settings_.discovery == discovery_kind::kubernetes) {
        after(rng_.up_to(1ms), [this] {
            world_.watch().subscribe([this](const name_server::reply& news) {
                if (closed_) return;
                take_answer(news);
                follow_up();
            });
        });
    } else {
        after(rng_.up_to(1ms), [this] { poll(); });
    }
    after(0ms, [this] { tick(); });
}

time_point simulated_pool::now() const { return world_.now(); }
event_queue& simulated_pool::events() { return world_.events(); }
void simulated_pool::after(duration delay, std::function<void()> what) {
    events().after(delay, std::move(what));
}

void simulated_pool::retire_all() {
    trace("retire_all");
    machine_.retire_all(now());
    follow_up();
}

void simulated_pool::renew_all() {
    trace("renew_all");
    machine_.renew_all(now());
    follow_up();
}

void simulated_pool::resize(std::size_t max_conns) {
    trace("resize", max_conns);
    wanted_bound_ = max_conns + settings_.renew_overshoot;
    bound_ = std::max(wanted_bound_, bound_);
    machine_.resize(max_conns, now());
    follow_up();
}

void simulated_pool::close() {
    trace("close");
    closed_ = true;
    events().cancel(next_question_);
    machine_.close(now());
    follow_up();
}

// --- Actions ---

/// Does what the machine asks for until it asks for nothing more, then sets the one timer.
void simulated_pool::follow_up() {
    if (performing_) return;  // the call that performs goes on with what was added
    performing_ = true;
    if (last_action_ != now()) done_at_once_ = 0;
    last_action_ = now();
    std::vector<core::action> todo;
    while (machine_.has_actions()) {
        machine_.take_actions(todo);
        returned_.clear();
        for (const core::action& wanted : todo) perform(wanted);
        done_at_once_ += todo.size();
        if (done_at_once_ > 100'000) broken("the machine asks for things without end");
    }
    performing_ = false;
    arm();
    if (world_.check_every == 0) return;
    if (world_.check_every == 1 || rng_.below(static_cast<std::uint32_t>(world_.check_every)) == 0) check();
}

void simulated_pool::perform(const core::action& todo) {
    switch (todo.kind) {
        case action_kind::open:
            after(0ms, [this, slot = todo.slot] { begin_open(slot); });
            break;
        case action_kind::abort:
            abort(todo.slot);
            break;
        case action_kind::reset:
            maintain(todo.slot, false);
            break;
        case action_kind::check:
            maintain(todo.slot, true);
            break;
        case action_kind::close:
            close_socket(todo.slot);
            break;
        case action_kind::grant:
            if (!is_first(todo.cookie)) broken("a grant isn't for the first waiter");
            leave_queue(todo.cookie);
            if (now() >= callers_[todo.cookie].deadline) broken("a waiter is served past its deadline");
            granted(todo.cookie, {todo.slot, todo.verify, true, todo.unanswered});
            break;
        case action_kind::refuse:
            leave_queue(todo.cookie);
            refused(todo.cookie, todo.reason);
            break;
        case action_kind::ready:
        case action_kind::report:
            break;
        case action_kind::refresh:
            ask_again_soon();
            break;
    }
}

simulated_pool::socket& simulated_pool::socket_at(slot_id slot) {
    if (slot >= sockets_.size()) sockets_.resize(slot + 1);
    return sockets_[slot];
}

void simulated_pool::begin_open(slot_id slot) {
    const endpoint_info* const wanted = machine_.begin_open(slot, now());
    if (wanted == nullptr) {
        trace("opening given up", slot);
        return follow_up();
    }
    socket& dialed = socket_at(slot);
    if (dialed.state != socket_state::none) broken("an opening on a slot that has a socket");
    if (!is_known(wanted->where) && !nothing_discovered_reachable()) {
        broken("an opening to a pod that isn't in the last answer");
    }
    dialed = socket{};
    dialed.state = socket_state::dialing;
    dialed.where = world_.pod_at(wanted->where);
    ++socket_count_;
    most_sockets_ = std::max(most_sockets_, socket_count_);
    dialed.where->dials.emplace_back(now(), number_);
    trace("dial", slot, dialed.where->where.port);
    const duration limit = settings_.connect_timeout;
    const bool refuses = dialed.where->mood == pod_mood::refuses;
    const duration takes = refuses ? duration(300us) : dialed.where->connect_time.draw(rng_);
    const bool silent = dialed.where->mood == pod_mood::hangs || takes > limit;
    if (silent) {
        dialed.operation = events().after(limit, [this, slot] {
            open_failed(slot, {failure_kind::endpoint_down, "no connection within pool_connect_timeout"});
        });
    } else {
        dialed.operation = events().after(takes, [this, slot] { dial_answered(slot); });
    }
    follow_up();
}

void simulated_pool::dial_answered(slot_id slot) {
    socket& dialed = sockets_[slot];
    if (dialed.where->mood == pod_mood::hangs) {
        dialed.operation = events().after(settings_.connect_timeout, [this, slot] {
            open_failed(slot, {failure_kind::endpoint_down, "no connection within pool_connect_timeout"});
        });
        return;
    }
    if (const failure why = dialed.where->greet()) return open_failed(slot, why);
    dialed.operation = {};
    dialed.state = socket_state::established;
    dialed.established = &world_.add_session(*this, number_, slot);
    dialed.where->sessions.emplace(dialed.established->id, dialed.established);
    dialed.where->note_sessions(now());
    failing_[dialed.where->where] = false;
    ++opens_;
    trace("opened", slot, dialed.where->where.port);
    told_[dialed.where->where] = dialed.where->is;
    machine_.opened(slot, now(), dialed.where->is);
    follow_up();
}

void simulated_pool::open_failed(slot_id slot, const failure& why) {
    socket& dialed = sockets_[slot];
    trace("open failed", slot, static_cast<std::uint64_t>(why.kind));
    if (!machine_.connections()[slot].doomed) note_failure(*dialed.where, why);
    dialed = socket{};
    --socket_count_;
    machine_.open_failed(slot, why, now());
    follow_up();
}

/// A reset or a check: one round trip, or silence up to the connect timeout.
void simulated_pool::maintain(slot_id slot, bool check) {
    socket& kept = sockets_[slot];
    if (kept.state != socket_state::established || kept.holder != no_caller) {
        broken("maintenance of a connection that is in use or isn't there");
    }
    kept.is_check = check;
    kept.operation = events().after(kept.where->answer_time.draw(rng_), [this, slot] { maintained(slot); });
}

void simulated_pool::maintained(slot_id slot) {
    socket& kept = sockets_[slot];
    if (!kept.established->alive) {
        return end_maintenance(slot, {kept.lost_with, "the server closed the connection"});
    }
    if (kept.where->mood == pod_mood::hangs) {
        kept.operation = events().after(settings_.connect_timeout, [this, slot] {
            const bool check = sockets_[slot].is_check;
            end_maintenance(slot, {check ? failure_kind::endpoint_down : failure_kind::connection_lost,
                                   "no answer in time"});
        });
        return;
    }
    end_maintenance(slot, {});
}

void simulated_pool::end_maintenance(slot_id slot, const failure& why) {
    socket& kept = sockets_[slot];
    kept.operation = {};
    if (why && !machine_.connections()[slot].doomed) note_failure(*kept.where, why);
    if (!why && kept.is_check && kept.where->is != role::unknown) {
        told_[kept.where->where] = kept.where->is;
        machine_.role_seen(slot, kept.where->is, now());
    }
    if (!why && kept.is_check && kept.where->tells_total) {
        machine_.reported(slot, kept.where->told_total(now()), now());
    }
    machine_.maintained(slot, why, now());
    follow_up();
}

/// Ends an operation early. Now and then it is too late: the operation has ended by itself.
void simulated_pool::abort(slot_id slot) {
    if (slot >= sockets_.size()) return;
    socket& ended = sockets_[slot];
    if (ended.operation.number == 0 || rng_.below(4) == 0) return;
    events().cancel(ended.operation);
    const bool dialing = ended.state == socket_state::dialing;
    ended.operation = events().after(0ms, [this, slot, dialing] {
        const failure why(failure_kind::endpoint_down, "aborted");
        dialing ? open_failed(slot, why) : end_maintenance(slot, why);
    });
}

void simulated_pool::close_socket(slot_id slot) {
    socket& closing = sockets_[slot];
    if (closing.state != socket_state::established) broken("a close of a socket that isn't open");
    if (closing.holder != no_caller) broken("a connection is closed while it is in use");
    if (closing.is_closing || closing.established->closed) broken("a connection is closed twice");
    closing.is_closing = true;
    if (machine_.connections()[slot].moving) ++moves_;
    trace("close", slot);
    after(rng_.up_to(500us), [this, slot] {
        socket& gone = sockets_[slot];
        gone.established->closed = true;
        gone.where->sessions.erase(gone.established->id);
        gone.where->note_sessions(now());
        gone = socket{};
        --socket_count_;
        machine_.closed(slot, now());
        follow_up();
    });
}

void simulated_pool::arm() {
    const time_point deadline = machine_.next_deadline();
    if (deadline == core::never) return events().cancel(std::exchange(armed_, {}));
    if (armed_.number != 0 && armed_.when <= deadline && armed_.when > now()) return;
    events().cancel(armed_);
    armed_ = events().at(deadline, [this] { tick(); });
}

void simulated_pool::tick() {
    armed_ = {};
    ++ticks_;
    // A deadline that a tick doesn't move would keep a processor busy for ever.
    if (std::exchange(last_tick_, now()) != now()) ticks_at_once_ = 0;
    if (++ticks_at_once_ > 100) broken("tick() doesn't move next_deadline()");
    machine_.tick(now());
    follow_up();
}

// --- Discovery ---

void simulated_pool::poll() {
    if (closed_) return;
    next_question_ = {};
    asked_at_ = now();
    asking_ = true;
    after(1ms, [this] { answered(); });
}

void simulated_pool::answered() {
    asking_ = false;
    if (closed_) return;
    const name_server::reply got = world_.names().ask(now());
    take_answer(got);
    // As the DNS source does: a time to live only shortens the refresh, down to a second.
    const duration refresh = settings_.dns_refresh;
    const duration pause = got.ttl ? std::min(refresh, std::max<duration>(*got.ttl, 1s)) : refresh;
    next_question_ = events().at(asked_at_ + pause, [this] { poll(); });
    follow_up();
}

void simulated_pool::take_answer(const name_server::reply& got) {
    if (!got.addresses) return machine_.discovery_failed(got.fault, now());
    trace("answer", got.addresses->endpoints().size());
    if (got.addresses == known_) return machine_.discovered_again(now());
    known_ = got.addresses;
    machine_.discovered(known_->answer(), now());
}

void simulated_pool::ask_again_soon() {
    if (asking_ || closed_) return;
    const time_point when = asked_at_ + 1s;
    if (next_question_.number == 0 || next_question_.when <= when) return;
    events().cancel(next_question_);
    next_question_ = events().at(when, [this] { poll(); });
}

}  // namespace podpool::simulation
