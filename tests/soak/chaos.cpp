// SPDX-License-Identifier: BSL-1.0
#include "chaos.hpp"

#include "slow_motion.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>

namespace podpool::soak {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_faulty = 2;
constexpr std::size_t fewest_standbys = 3;
constexpr std::size_t most_servers = 7;

}  // namespace

std::string clock_text(std::chrono::steady_clock::duration since) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since).count();
    char text[32];
    std::snprintf(text, sizeof text, "%02lld:%02lld", static_cast<long long>(seconds / 60),
                  static_cast<long long>(seconds % 60));
    return text;
}

const std::vector<chaos::kind>& chaos::kinds() {
    static const std::vector<kind> all{
        {3, &chaos::kill_standby},  {2, &chaos::stop_standby},
        {3, &chaos::hang},          {3, &chaos::cut_off},
        {2, &chaos::slow_down},     {3, &chaos::break_dns},
        {3, &chaos::fail_over},     {2, &chaos::scale_up},
        {2, &chaos::scale_down},    {2, &chaos::terminate_sessions},
        {2, &chaos::refuse_writes},
    };
    return all;
}

chaos::chaos(replicated_set& servers, const test::packet_filter& packets, std::uint64_t seed,
             std::string pool_name)
    : servers_(servers), packets_(packets), pool_name_(std::move(pool_name)), random_(seed) {}

void chaos::run(clock::duration time, const interruption& stop,
                const std::function<void(clock::duration)>& meanwhile) {
    began_ = clock::now();
    const auto end = began_ + time;
    auto next = began_ + draw(2s, 4s);
    while (clock::now() < end && !stop.wanted()) {
        meanwhile(clock::now() - began_);
        end_due(clock::now());
        if (fail_over_wanted_ && faulty_servers() == 0) {
            perform_fail_over();
            next = clock::now() + draw(4s, 12s);
        } else if (!fail_over_wanted_ && clock::now() >= next) {
            begin_one();
            next = clock::now() + draw(4s, 12s);
        }
        std::this_thread::sleep_for(20ms);
    }
    end_all();
}

void chaos::begin_one() {
    int whole = 0;
    for (const kind& one : kinds()) whole += one.weight;
    for (;;) {
        int drawn = std::uniform_int_distribution<int>(0, whole - 1)(random_);
        for (const kind& one : kinds()) {
            drawn -= one.weight;
            if (drawn >= 0) continue;
            if ((this->*one.begin)()) return;
            break;
        }
    }
}

void chaos::end_due(clock::time_point now) {
    for (;;) {
        const auto due = std::find_if(active_.begin(), active_.end(),
                                      [now](const active_fault& one) { return one.ends <= now; });
        if (due == active_.end()) return;
        const auto end = std::move(due->end);
        active_.erase(due);
        end();
    }
}

void chaos::end_all() {
    end_due(clock::time_point::max());
    fail_over_wanted_ = false;
    say("all faults have ended");
}

bool chaos::kill_standby() {
    server* const one = healthy_server(false);
    if (one == nullptr) return false;
    note("standby killed", "kill -9 of " + title(*one));
    one->kill9();
    last(one, draw(2s, 8s), [this, one] {
        say(title(*one) + " is started again");
        one->start();
    });
    return true;
}

bool chaos::stop_standby() {
    server* const one = healthy_server(false);
    if (one == nullptr) return false;
    note("standby stopped in order", "orderly stop of " + title(*one));
    one->stop();
    last(one, draw(2s, 8s), [this, one] {
        say(title(*one) + " is started again");
        one->start();
    });
    return true;
}

bool chaos::hang() {
    server* const one = healthy_server(true);
    if (one == nullptr) return false;
    note("server hangs", title(*one) + " hangs (SIGSTOP)");
    one->pause();
    last(one, draw(2s, 15s), [this, one] {
        say(title(*one) + " goes on");
        one->resume();
    });
    return true;
}

bool chaos::cut_off() {
    if (!packets_.available()) return false;
    server* const one = healthy_server(true);
    if (one == nullptr) return false;
    note("packets vanish", "all packets to and from " + title(*one) + " vanish");
    packets_.drop(one->address());
    last(one, draw(2s, 15s), [this, one] {
        say("packets of " + title(*one) + " arrive again");
        packets_.let_through(one->address());
    });
    return true;
}

bool chaos::slow_down() {
    server* const one = healthy_server(true);
    if (one == nullptr) return false;
    note("server slow", title(*one) + " is slow (stopped half of the time)");
    auto slow = std::make_shared<slow_motion>(*one);
    last(one, 10s, [this, one, slow] {
        say(title(*one) + " is as quick as before");
        slow->end();
    });
    return true;
}

bool chaos::refuse_writes() {
    server& one = servers_.primary();
    if (faulty_servers() >= most_faulty || is_faulty(&one)) return false;
    const auto set = [](server& where, const char* value) {
        where.sql(std::string("alter system set default_transaction_read_only = ") + value);
        where.sql("select pg_reload_conf()");
    };
    note("writes refused", title(one) + " takes no writes");
    set(one, "on");
    last(&one, draw(2s, 6s), [this, &one, set] {
        say(title(one) + " takes writes again");
        set(one, "off");
    });
    return true;
}

bool chaos::break_dns() {
    if (std::any_of(active_.begin(), active_.end(), [](const auto& one) { return one.where == nullptr; }))
        return false;
    const std::size_t variant = draw(0, 3);
    const auto time = draw(3s, 12s);
    if (variant == 0) {
        note("DNS down", "the DNS server is stopped");
        servers_.dns().stop();
        last(nullptr, time, [this] {
            say("the DNS server is started again");
            servers_.dns().start();
        });
    } else if (variant == 1) {
        note("DNS answer empty", "the DNS answer is empty");
        servers_.hide_all(true);
        last(nullptr, time, [this] {
            say("the DNS answer is complete again");
            servers_.hide_all(false);
        });
    } else {
        std::vector<server*> lacking = servers_.servers();
        std::shuffle(lacking.begin(), lacking.end(), random_);
        lacking.resize(draw(1, 2));
        std::string who;
        for (const server* one : lacking) who += (who.empty() ? "" : " and ") + title(*one);
        note("DNS answer incomplete", "the DNS answer lacks " + who);
        servers_.hide(lacking);
        last(nullptr, time, [this] {
            say("the DNS answer is complete again");
            servers_.hide({});
        });
    }
    return true;
}

bool chaos::fail_over() {
    // What one standby alone has may be lost with it, so the set bears this only when all others are well.
    fail_over_wanted_ = true;
    return true;
}

void chaos::perform_fail_over() {
    fail_over_wanted_ = false;
    servers_.wait_until_streaming();
    server& old = servers_.primary();
    if (draw(0, 1) == 0) {
        note("fail-over, primary killed", "kill -9 of " + title(old));
        old.kill9();
    } else {
        note("fail-over, primary stopped", "orderly stop of " + title(old));
        old.stop();
    }
    std::this_thread::sleep_for(draw(500ms, 4s));
    server& former = servers_.promote_best();
    say("the standby " + servers_.primary().address() + " has been promoted");
    const std::string address = former.address();
    say(title(servers_.replace(former)) + " is published instead of " + address);
}

bool chaos::scale_up() {
    if (servers_.servers().size() >= most_servers || is_faulty(&servers_.primary())) return false;
    note("scaled up", "a further standby comes");
    say(title(servers_.add_standby()) + " is published");
    return true;
}

bool chaos::scale_down() {
    if (servers_.standbys().size() <= fewest_standbys) return false;
    server* const one = healthy_server(false);
    if (one == nullptr) return false;
    note("scaled down", title(*one) + " is unpublished");
    servers_.unpublish(*one);
    // Until it has gone it counts as a faulty one.
    last(one, draw(3s, 8s), [this, one] {
        say(title(*one) + " is stopped for good");
        servers_.remove_standby(*one);
    });
    return true;
}

bool chaos::terminate_sessions() {
    std::vector<server*> all = servers_.servers();
    std::erase_if(all, [this](const server* one) { return is_faulty(one); });
    if (all.empty()) return false;
    server& one = *all[draw(0, all.size() - 1)];
    const std::size_t most = draw(1, 5);
    note("sessions terminated",
         "at most " + std::to_string(most) + " sessions on " + title(one) + " are terminated");
    one.sql(
        "select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity where "
        "application_name = '" +
        pool_name_ + "' order by pid limit " + std::to_string(most) + ") chosen");
    return true;
}

void chaos::note(const std::string& kind, const std::string& what) {
    ++counts_[kind];
    events_.push_back({clock::now(), what});
    say(what);
}

void chaos::last(const server* where, std::chrono::milliseconds time, std::function<void()> end) {
    active_.push_back({where, clock::now() + time, std::move(end)});
}

void chaos::say(const std::string& what) const {
    std::printf("%s  %s\n", clock_text(clock::now() - began_).c_str(), what.c_str());
    std::fflush(stdout);
}

std::size_t chaos::faulty_servers() const {
    return static_cast<std::size_t>(std::count_if(
        active_.begin(), active_.end(), [](const active_fault& one) { return one.where != nullptr; }));
}

bool chaos::is_faulty(const server* one) const {
    return std::any_of(active_.begin(), active_.end(),
                       [one](const active_fault& fault) { return fault.where == one; });
}

chaos::server* chaos::healthy_server(bool primary_too) {
    if (faulty_servers() >= most_faulty) return nullptr;
    std::vector<server*> all = primary_too ? servers_.servers() : servers_.standbys();
    std::erase_if(all, [this](const server* one) { return is_faulty(one); });
    return all.empty() ? nullptr : all[draw(0, all.size() - 1)];
}

std::string chaos::title(const server& one) {
    return std::string(&one == &servers_.primary() ? "the primary " : "the standby ") + one.address();
}

std::chrono::milliseconds chaos::draw(std::chrono::milliseconds low, std::chrono::milliseconds high) {
    return std::chrono::milliseconds(
        std::uniform_int_distribution<std::int64_t>(low.count(), high.count())(random_));
}

std::size_t chaos::draw(std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(random_);
}

}  // namespace podpool::soak
