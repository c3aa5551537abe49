// SPDX-License-Identifier: BSL-1.0
// Callers who want a role, and standbys that are preferred, one event at a time.
#include "bare_pool.hpp"

#include <map>

using namespace podpool;
using namespace podpool::core;

namespace {

/// A machine whose servers have roles, told when a connection is opened or checked.
class role_pool {
public:
    role_pool(std::size_t max_conns, std::initializer_list<role> roles, role_policy policy = {})
        : machine_(settings(max_conns), 1, now, policy) {
        int number = 0;
        for (const role is : roles) {
            answer_.endpoints.emplace_back(address(++number), "db.example");
            is_[address(number)] = is;
        }
        machine_.discovered(answer_, now);
        work();
    }

    static options settings(std::size_t max_conns) {
        options made = settings_of(max_conns);
        made.renew_overshoot = 0;
        return made;
    }

    void becomes(int number, role is) { is_[address(number)] = is; }
    void goes_down(int number, bool down = true) { down_[address(number)] = down; }
    /// It shuts down, and still serves.
    void leaves(int number) {
        endpoint_info& leaving = answer_.endpoints.at(static_cast<std::size_t>(number) - 1);
        leaving.ready = false;
        leaving.terminating = true;
        machine_.discovered(answer_, now);
        work();
    }
    /// It lets checks wait.
    void goes_silent(int number) { silent_[address(number)] = true; }

    /// A caller; what he gets is in got().
    std::uintptr_t call(role wanted) {
        const std::uintptr_t cookie = ++cookies_;
        const acquire_result result = machine_.acquire(now, never, cookie, queue_end::back, wanted);
        if (result.granted) got_[cookie] = result.granted.slot;
        if (result.refused) refused_[cookie] = *result.refused;
        work();
        return cookie;
    }
    /// Gives back what a caller got.
    void back(std::uintptr_t caller, const failure& why = {}) {
        machine_.released(got_.at(caller), why, false, now);
        got_.erase(caller);
        work();
    }
    /// A caller's server refuses to write.
    void doubt(std::uintptr_t caller) {
        machine_.role_doubted(got_.at(caller), now);
        work();
    }
    void pass(duration length) {
        for (const time_point end = now + length; machine_.next_deadline() <= end;) {
            now = std::max(now, machine_.next_deadline());
            machine_.tick(now);
            work();
        }
        now += length;
    }

    [[nodiscard]] bool served(std::uintptr_t caller) const { return got_.contains(caller); }
    [[nodiscard]] std::optional<errc> refused(std::uintptr_t caller) const {
        const auto found = refused_.find(caller);
        return found == refused_.end() ? std::nullopt : std::optional(found->second);
    }
    /// The number of the endpoint that a caller was served by.
    [[nodiscard]] int where(std::uintptr_t caller) const {
        const auto id = machine_.connections()[got_.at(caller)].endpoint;
        const std::string& text = machine_.endpoints()[id].info.where.address;
        return text.back() - '0';
    }
    [[nodiscard]] std::size_t open_on(int number) const {
        return machine_.connections().at(machine_.endpoints().find(address(number))).open();
    }
    [[nodiscard]] role role_of(int number) const {
        return machine_.connections().at(machine_.endpoints().find(address(number))).is;
    }
    [[nodiscard]] core::machine& machine() { return machine_; }

    time_point now{1h};

private:
    /// Does at once whatever the machine asks for.
    void work() {
        std::vector<action> asked;
        for (machine_.take_actions(asked); !asked.empty(); machine_.take_actions(asked)) {
            for (const action& each : asked) perform(each);
        }
        const std::string wrong = machine_.broken_invariant(now);
        INFO(wrong);
        REQUIRE(wrong.empty());
    }

    void perform(const action& asked) {
        switch (asked.kind) {
            case action_kind::open:
                if (const endpoint_info* const target = machine_.begin_open(asked.slot, now)) {
                    const endpoint at = target->where;
                    if (down_[at]) {
                        machine_.open_failed(asked.slot, {failure_kind::endpoint_down, "refused"}, now);
                    } else {
                        machine_.opened(asked.slot, now, is_[at]);
                    }
                }
                break;
            case action_kind::check: {
                const auto id = machine_.connections()[asked.slot].endpoint;
                const endpoint& at = machine_.endpoints()[id].info.where;
                if (silent_[at]) break;
                machine_.role_seen(asked.slot, is_[at], now);
                machine_.maintained(asked.slot, {}, now);
                break;
            }
            case action_kind::close:
                machine_.closed(asked.slot, now);
                break;
            case action_kind::grant:
                got_[asked.cookie] = asked.slot;
                break;
            case action_kind::refuse:
                refused_[asked.cookie] = asked.reason;
                break;
            case action_kind::reset:
            case action_kind::abort:
            case action_kind::ready:
            case action_kind::report:
            case action_kind::refresh:
                break;
        }
    }

    core::machine machine_;
    endpoint_set answer_;
    std::map<endpoint, role> is_;
    std::map<endpoint, bool> down_;
    std::map<endpoint, bool> silent_;
    std::map<std::uintptr_t, slot_id> got_;
    std::map<std::uintptr_t, errc> refused_;
    std::uintptr_t cookies_ = 0;
};

constexpr role_policy preferring{true, true, true};

}  // namespace

TEST_CASE("a caller who wants a role gets a connection of that role only") {
    role_pool pool(8, {role::primary, role::standby, role::standby});
    for (int round = 0; round < 4; ++round) {
        const auto writer = pool.call(role::primary);
        const auto reader = pool.call(role::standby);
        REQUIRE(pool.served(writer));
        REQUIRE(pool.served(reader));
        CHECK(pool.where(writer) == 1);
        CHECK(pool.where(reader) != 1);
        pool.back(writer);
        pool.back(reader);
    }
}

TEST_CASE("each role is balanced on its own counts") {
    role_pool pool(20, {role::primary, role::standby, role::standby});
    for (int writer = 0; writer < 5; ++writer) CHECK(pool.where(pool.call(role::primary)) == 1);
    std::map<int, int> readers;
    for (int reader = 0; reader < 8; ++reader) ++readers[pool.where(pool.call(role::standby))];
    CHECK(readers[2] == 4);
    CHECK(readers[3] == 4);
}

TEST_CASE("a returned connection goes to the first waiter whom it suits") {
    role_pool pool(2, {role::primary, role::standby});
    const auto writer = pool.call(role::primary);
    const auto reader = pool.call(role::standby);
    const auto second_reader = pool.call(role::standby);
    const auto second_writer = pool.call(role::primary);
    const auto anybody = pool.call(role::any);
    pool.back(writer);
    CHECK(pool.served(second_writer));
    CHECK_FALSE(pool.served(second_reader));
    pool.back(second_writer);
    CHECK(pool.served(anybody));
    pool.back(reader);
    CHECK(pool.served(second_reader));
}

TEST_CASE("who waits for one role doesn't hold up who wants another") {
    role_pool pool(4, {role::standby, role::standby});
    const auto reader = pool.call(role::standby);
    pool.back(reader);
    const auto writer = pool.call(role::primary);
    CHECK_FALSE(pool.served(writer));
    CHECK(pool.machine().try_acquire(pool.now));
}

TEST_CASE("a full pool closes an idle connection of the other role to make room") {
    role_pool pool(2, {role::primary, role::standby});
    const auto first = pool.call(role::standby);
    const auto second = pool.call(role::standby);
    REQUIRE(pool.served(second));
    pool.back(first);
    const auto writer = pool.call(role::primary);
    CHECK(pool.served(writer));
    // What is leased stays.
    CHECK(pool.open_on(2) == 1);
    const stats figures = pool.machine().snapshot(pool.now);
    CHECK(figures.closes[static_cast<std::size_t>(close_reason::displaced)] >= 1);
}

TEST_CASE("a caller who came first isn't starved by a queue for the other role") {
    role_pool pool(1, {role::primary, role::standby});
    auto reader = pool.call(role::standby);
    const auto writer = pool.call(role::primary);
    const auto next_reader = pool.call(role::standby);
    REQUIRE_FALSE(pool.served(writer));
    pool.back(reader);
    CHECK(pool.served(writer));
    CHECK_FALSE(pool.served(next_reader));
    pool.back(writer);
    CHECK(pool.served(next_reader));
}

TEST_CASE("a role that is never let in is refused at once") {
    role_pool pool(2, {role::standby}, role_policy{false, true, false});
    CHECK(pool.refused(pool.call(role::primary)) == errc::role_excluded);
    CHECK(pool.served(pool.call(role::standby)));
}

TEST_CASE("after a refused write nobody is served as by a primary until the new one is found") {
    role_pool pool(8, {role::primary, role::standby, role::standby});
    const auto writer = pool.call(role::primary);
    const auto sibling = pool.call(role::primary);
    const auto reader = pool.call(role::standby);
    const auto other_reader = pool.call(role::standby);
    pool.back(sibling);
    pool.back(reader);
    pool.becomes(1, role::standby);
    pool.becomes(2, role::primary);
    pool.doubt(writer);
    CHECK(pool.role_of(1) == role::standby);
    const auto next = pool.call(role::primary);
    pool.pass(10s);
    REQUIRE(pool.served(next));
    CHECK(pool.where(next) == 2);
    pool.back(writer);
    pool.back(other_reader);
    CHECK(pool.where(pool.call(role::standby)) != 2);
}

TEST_CASE("a promotion makes the pool ask the primary that it knew") {
    role_pool pool(8, {role::primary, role::standby});
    const auto writer = pool.call(role::primary);
    const auto reader = pool.call(role::standby);
    pool.back(writer);
    pool.becomes(1, role::standby);
    pool.becomes(2, role::primary);
    pool.back(reader);
    pool.pass(1min);  // an idle connection is checked
    CHECK(pool.role_of(2) == role::primary);
    CHECK(pool.role_of(1) == role::standby);
}

TEST_CASE("what a server was is unknown once its last connection was lost") {
    role_pool pool(8, {role::primary, role::standby});
    const auto first = pool.call(role::standby);
    const auto second = pool.call(role::standby);
    REQUIRE(pool.open_on(2) == 2);
    pool.back(first, {failure_kind::connection_lost, "closed by the server"});
    CHECK(pool.role_of(2) == role::standby);
    pool.back(second, {failure_kind::connection_lost, "closed by the server"});
    CHECK(pool.role_of(2) == role::unknown);
    CHECK(pool.where(pool.call(role::standby)) == 2);
}

TEST_CASE("the primary is searched for while callers wait, and found once there is one") {
    role_pool pool(8, {role::standby, role::standby});
    const auto writer = pool.call(role::primary);
    pool.pass(30s);
    CHECK_FALSE(pool.served(writer));
    pool.becomes(2, role::primary);
    pool.pass(6s);
    REQUIRE(pool.served(writer));
    CHECK(pool.where(writer) == 2);
}

TEST_CASE("prefer-standby: standbys serve while one is usable, a primary when none is") {
    role_pool pool(6, {role::primary, role::standby, role::standby}, preferring);
    std::vector<std::uintptr_t> callers;
    for (int caller = 0; caller < 6; ++caller) callers.push_back(pool.call(role::any));
    for (const auto caller : callers) {
        REQUIRE(pool.served(caller));
        CHECK(pool.where(caller) != 1);
    }
    pool.goes_down(2);
    pool.goes_down(3);
    for (const auto caller : callers) pool.back(caller, {failure_kind::endpoint_down, "shut down"});
    const auto after = pool.call(role::any);
    pool.pass(1s);
    REQUIRE(pool.served(after));
    CHECK(pool.where(after) == 1);
}

TEST_CASE("prefer-standby: sessions go back one by one, those in use when they are returned") {
    role_pool pool(6, {role::primary, role::standby}, preferring);
    pool.goes_down(2);
    std::vector<std::uintptr_t> callers;
    for (int caller = 0; caller < 4; ++caller) callers.push_back(pool.call(role::any));
    pool.pass(1s);
    for (const auto caller : callers) {
        REQUIRE(pool.served(caller));
        REQUIRE(pool.where(caller) == 1);
    }
    const auto held = callers.back();
    callers.pop_back();
    for (const auto caller : callers) pool.back(caller);
    pool.goes_down(2, false);
    pool.pass(20s);
    CHECK(pool.open_on(1) > 1);  // not all at once
    CHECK(pool.open_on(2) >= 1);
    CHECK(pool.where(pool.call(role::any)) == 2);
    pool.pass(5min);
    CHECK(pool.open_on(1) == 1);
    pool.back(held);
    pool.pass(1min);
    CHECK(pool.open_on(1) == 0);
}

TEST_CASE("prefer-standby: who asks for the primary gets it all the same") {
    role_pool pool(4, {role::primary, role::standby}, preferring);
    const auto writer = pool.call(role::primary);
    REQUIRE(pool.served(writer));
    CHECK(pool.where(writer) == 1);
    pool.back(writer);
    // And his idle connection serves nobody who didn't ask.
    CHECK(pool.where(pool.call(role::any)) == 2);
}

TEST_CASE("who asks for a role isn't given what is silent while another server of that role serves") {
    role_pool pool(8, {role::primary, role::standby, role::standby});
    std::vector<std::uintptr_t> callers;
    for (int count = 0; count < 4; ++count) callers.push_back(pool.call(role::standby));
    REQUIRE(pool.open_on(2) == 2);
    REQUIRE(pool.open_on(3) == 2);
    pool.pass(1ms);
    pool.goes_silent(2);
    // One is lost there, the others come back.
    const auto lost = std::find_if(callers.begin(), callers.end(),
                                   [&](std::uintptr_t caller) { return pool.where(caller) == 2; });
    const std::uintptr_t unlucky = *lost;
    callers.erase(lost);
    for (const std::uintptr_t caller : callers) pool.back(caller);
    pool.back(unlucky, {failure_kind::connection_lost, "no answer before the deadline"});

    const std::uintptr_t first = pool.call(role::standby);
    const std::uintptr_t second = pool.call(role::standby);
    REQUIRE(pool.served(first));
    REQUIRE(pool.served(second));
    CHECK(pool.where(first) == 3);
    CHECK(pool.where(second) == 3);
    // What is opened isn't opened there either.
    const std::uintptr_t third = pool.call(role::standby);
    REQUIRE(pool.served(third));
    CHECK(pool.where(third) == 3);
}

TEST_CASE("who asks for a role that only a silent server has is given that") {
    role_pool pool(8, {role::primary, role::standby});
    const std::uintptr_t one = pool.call(role::primary);
    const std::uintptr_t other = pool.call(role::primary);
    const std::uintptr_t reader = pool.call(role::standby);
    REQUIRE(pool.served(reader));
    pool.back(reader);
    pool.goes_silent(1);
    pool.back(one);
    pool.back(other, {failure_kind::connection_lost, "no answer before the deadline"});
    CHECK(pool.served(pool.call(role::primary)));
}

TEST_CASE("a primary that shuts down and serves primaries' callers makes way for callers without a wish") {
    role_pool pool(2, {role::primary, role::standby});
    const auto first = pool.call(role::primary);
    const auto second = pool.call(role::primary);
    REQUIRE(pool.open_on(1) == 2);
    pool.back(first);
    pool.back(second);
    pool.leaves(1);
    REQUIRE(pool.open_on(1) == 2);
    const auto anybody = pool.call(role::any);
    REQUIRE(pool.served(anybody));
    CHECK(pool.where(anybody) == 2);
    CHECK(pool.open_on(1) == 1);
}

TEST_CASE("a primary that shuts down doesn't stand in for a standby that lets a question wait") {
    role_pool pool(4, {role::primary, role::standby});
    pool.back(pool.call(role::primary));
    pool.leaves(1);
    const auto first = pool.call(role::any);
    const auto second = pool.call(role::any);
    REQUIRE(pool.open_on(2) == 2);
    pool.back(first);
    pool.back(second);
    pool.goes_silent(2);
    pool.pass(40s);
    const auto anybody = pool.call(role::any);
    REQUIRE(pool.served(anybody));
    CHECK(pool.where(anybody) == 2);
}

TEST_CASE("prefer-standby: a standby that shuts down serves those who ask for one, the primary the others") {
    role_pool pool(4, {role::primary, role::standby}, preferring);
    pool.back(pool.call(role::standby));
    pool.leaves(2);
    const auto reader = pool.call(role::standby);
    const auto anybody = pool.call(role::any);
    REQUIRE(pool.served(reader));
    REQUIRE(pool.served(anybody));
    CHECK(pool.where(reader) == 2);
    CHECK(pool.where(anybody) == 1);
}
