// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/broken_truth.hpp"
#include "simulation/caller.hpp"
#include "simulation/name_server.hpp"
#include "simulation/pod.hpp"
#include "simulation/published_set.hpp"

#include <podpool/core/machine.hpp>

#include <array>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace podpool::simulation {

class world;

/// One pool of one client process: drives a core::machine exactly as the runtime does, and checks as often
/// as the world says that the machine's picture is the world's.
class simulated_pool final : public session_owner {
public:
    simulated_pool(world& surroundings, std::size_t number, const options& settings, std::uint64_t seed);
    simulated_pool(const simulated_pool&) = delete;
    simulated_pool& operator=(const simulated_pool&) = delete;

    // --- Callers ---

    /// One caller asks now; `when_done` is called when it has been served and has returned, or was refused.
    void call(const caller_plan& plan, std::function<void()> when_done = {});
    /// try_acquire(): true if a connection was there; it is held for `hold`.
    bool try_call(const caller_plan& plan);

    // --- Orders ---

    void retire_all();
    void renew_all();
    void resize(std::size_t max_conns);
    void close();

    // --- Figures ---

    [[nodiscard]] const outcomes& callers() const noexcept { return outcomes_; }
    [[nodiscard]] stats snapshot() const;
    [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }
    [[nodiscard]] bool finished() const noexcept { return machine_.finished(); }
    /// Sockets of any kind, counted here and not by the machine.
    [[nodiscard]] std::size_t sockets() const noexcept { return socket_count_; }
    [[nodiscard]] std::size_t most_sockets() const noexcept { return most_sockets_; }
    /// Established sessions to a pod.
    [[nodiscard]] std::size_t sessions_on(const pod& where) const;
    [[nodiscard]] std::uint64_t opens() const noexcept { return opens_; }
    /// Sessions that were replaced to make pods even, not for their age.
    [[nodiscard]] std::uint64_t moves() const noexcept { return moves_; }
    [[nodiscard]] std::uint64_t ticks() const noexcept { return ticks_; }
    [[nodiscard]] const options& settings() const noexcept { return settings_; }

    // --- What the world tells it ---

    void session_lost(const session& lost, failure_kind why) override;
    /// Every truth that can be checked at any time; throws broken_truth.
    void check();
    /// Nothing is left open, nobody waits; throws broken_truth.
    void check_finished();

private:
    enum class socket_state : std::uint8_t { none, dialing, established };
    struct socket {
        socket_state state = socket_state::none;
        pod* where = nullptr;
        session* established = nullptr;
        std::size_t holder = no_caller;
        failure_kind lost_with = failure_kind::connection_lost;
        event_queue::ticket operation;  ///< the end of a dial, a reset or a check
        time_point answered_at;         ///< the answer to a reset that was sent
        bool is_check = false;
        bool is_closing = false;
    };
    struct trace_entry {
        time_point when;
        const char* what = "";
        std::uint64_t first = 0;
        std::uint64_t second = 0;
    };
    static constexpr std::size_t no_caller = ~std::size_t{0};

    [[nodiscard]] time_point now() const;
    event_queue& events();
    void after(duration delay, std::function<void()> what);

    // Callers
    void ask(std::size_t id, core::queue_end end);
    void queue(std::size_t id, core::queue_end end);
    void leave_queue(std::size_t id);
    void granted(std::size_t id, core::grant given);
    void hold(std::size_t id, core::grant given);
    void end_hold(std::size_t id);
    void give_back(std::size_t id, const failure& why);
    void refused(std::size_t id, errc reason);
    void done(std::size_t id);
    [[nodiscard]] std::size_t new_caller(const caller_plan& plan);
    [[nodiscard]] std::size_t first_waiting(role wanted) const;
    [[nodiscard]] bool is_first(std::size_t id) const;
    [[nodiscard]] bool is_known(const endpoint& where) const { return known_ && known_->contains(where); }
    void check_grant(std::size_t id, core::grant given) const;

    // Actions
    void follow_up();
    void perform(const core::action& todo);
    void begin_open(core::slot_id slot);
    void dial_answered(core::slot_id slot);
    void open_failed(core::slot_id slot, const failure& why);
    void maintain(core::slot_id slot, bool check);
    void maintained(core::slot_id slot);
    void end_maintenance(core::slot_id slot, const failure& why);
    void refuse_write(core::slot_id slot);
    void abort(core::slot_id slot);
    void close_socket(core::slot_id slot);
    void arm();
    void tick();

    // Discovery
    void poll();
    void answered();
    void take_answer(const name_server::reply& got);
    void ask_again_soon();

    [[nodiscard]] socket& socket_at(core::slot_id slot);
    void note_failure(const pod& where, const failure& why);
    [[nodiscard]] bool nothing_discovered_reachable() const;
    void check_slot(core::slot_id slot) const;
    void trace(const char* what, std::uint64_t first = 0, std::uint64_t second = 0);
    [[noreturn]] void broken(const std::string& what) const;

    world& world_;
    std::size_t number_;
    options settings_;
    core::random rng_;
    core::machine machine_;
    std::vector<socket> sockets_;
    std::size_t socket_count_ = 0;
    std::size_t most_sockets_ = 0;
    std::size_t bound_;  // of sockets; shrinks slowly after resize()
    std::size_t wanted_bound_;
    std::deque<caller> callers_;
    std::vector<std::size_t> gone_callers_;  // whose places are free
    std::list<std::size_t> queue_;           // who waits, in the order in which they must be served, per role
    std::map<std::size_t, std::list<std::size_t>::iterator> places_;
    std::vector<std::size_t> returned_;  // who was given a dead connection and waits again, in this batch
    outcomes outcomes_;
    std::uint64_t opens_ = 0;
    std::uint64_t moves_ = 0;
    std::uint64_t ticks_ = 0;
    bool performing_ = false;
    bool closed_ = false;
    std::uint64_t done_at_once_ = 0;  // actions without time passing
    time_point last_action_;
    std::uint64_t ticks_at_once_ = 0;
    time_point last_tick_;
    event_queue::ticket armed_;
    event_queue::ticket next_question_;
    time_point asked_at_;
    bool asking_ = false;
    std::shared_ptr<const published_set> known_;  // the last good answer
    std::map<endpoint, bool> failing_;
    std::map<endpoint, role> told_;  // what each pod said last of its role
    std::array<trace_entry, 64> trace_{};
    std::size_t traced_ = 0;
};

}  // namespace podpool::simulation
