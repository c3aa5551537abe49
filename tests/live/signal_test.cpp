// SPDX-License-Identifier: BSL-1.0
// Signals at a process that has a pool: SIGPIPE, which its sockets could raise, and SIGSTOP. The process is
// this program once more, with one of the hidden test cases; the two talk by files in its TMPDIR.
#include "child_case.hpp"
#include "load.hpp"
#include "pods.hpp"
#include "support/catch.hpp"
#include "support/measured.hpp"
#include "support/tls_files.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <sstream>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using counts = std::vector<std::size_t>;

namespace {

// --- SIGPIPE -----------------------------------------------------------------------------------------

/// To a server that is gone, libmariadb's first write of it is answered by a reset, and the second one, of
/// the same packet, meets a broken pipe.
std::string large_statement() {
    constexpr std::size_t size = 8 << 20;
    return "select length('" + std::string(size, 'x') + "')";
}

/// The same with libpq, which looks for an answer between two writes of one message, but not between
/// messages: a statement that fills a write, and as a parameter the next one.
std::string padded_statement() {
    constexpr std::size_t size = 16 << 10;
    return dialect::twice + std::string(size, ' ');
}

template <class Statement>
bool loses_connection(Statement statement) {
    try {
        statement();
        return false;
    } catch (const boost::system::system_error& problem) {
        INFO(problem.what());
        CHECK(problem.code() == errc::connection_lost);
        return true;
    }
}

void check_a_process_outlives_its_server(dialect::cluster& servers, const std::string& uri_keys) {
    dialect::server& server = servers.add_primary();
    const std::string url = dialect::scheme + ("://" + dialect::cluster::user()) + ":" +
                            dialect::cluster::password() + "@" + server.address() + ":" +
                            std::to_string(servers.port()) + "/" + dialect::cluster::database() + "?" +
                            uri_keys;
    program child(child_with("(in the child) a pool whose server is killed", url));
    const bool open = eventually([&] { return !told(child, "open").empty(); });
    server.kill9();
    ask(child, "killed");
    const int code = child.exit_code();
    INFO(child.output());
    CHECK(open);
    CHECK(code == 0);
}

// --- SIGSTOP -----------------------------------------------------------------------------------------

/// What the child's callers and pool have come to so far.
struct progress {
    std::uint64_t queries = 0;
    std::size_t failed_acquires = 0;
    std::uint64_t opens = 0;
    std::uint64_t renewals = 0;
    /// Connections that were lost, or closed since their server was taken to be down.
    std::uint64_t evictions = 0;
    /// What the statements that failed were told.
    std::vector<std::string> failed_statements;
};

/// Callers who work, perhaps rest, and work again; and their pool.
class shifts {
public:
    static constexpr std::size_t callers = 3;

    explicit shifts(const std::string& url) : pool_(url) { work(); }

    void work() { loads_.push_back(std::make_unique<load>(pool_, callers, dialect::sleep(2ms))); }
    /// Until this returns everybody has given back what he had.
    void rest() { loads_.back()->stop(); }
    [[nodiscard]] bool have_rested() const { return loads_.size() > 1; }

    void tell_progress() {
        const stats figures = pool_.stats();
        std::uint64_t queries = 0;
        std::size_t failed_acquires = 0;
        std::string failed_statements;
        for (const auto& each : loads_) {
            queries += each->queries();
            failed_acquires += each->failed_acquires().size();
            for (const auto& one : each->failed_queries()) failed_statements += as_line(one.text);
        }
        std::ostringstream text;
        text << queries << ' ' << failed_acquires << ' ' << figures.opens << ' ' << figures.renewals << ' '
             << closes(figures, close_reason::broken) + closes(figures, close_reason::endpoint_failed) << '\n'
             << failed_statements;
        tell("progress", text.str());
    }

private:
    static std::string as_line(std::string text) {
        std::replace(text.begin(), text.end(), '\n', ' ');
        return text + '\n';
    }
    static std::uint64_t closes(const stats& figures, close_reason reason) {
        return figures.closes.at(static_cast<std::size_t>(reason));
    }

    pool<database> pool_;
    std::vector<std::unique_ptr<load>> loads_;
};

progress progress_of(const program& child) {
    progress read;
    std::istringstream text(told(child, "progress"));
    text >> read.queries >> read.failed_acquires >> read.opens >> read.renewals >> read.evictions;
    text >> std::ws;
    for (std::string line; std::getline(text, line);) read.failed_statements.push_back(line);
    return read;
}

/// How a process is stopped, and for how long.
struct stop {
    /// Its callers rest meanwhile; else they are interrupted.
    bool at_rest = false;
    std::chrono::seconds length{0};
    /// Lifetimes and checks, of which some become due meanwhile.
    std::string pool_keys;
    /// So many are awaited in the end.
    std::uint64_t renewals = 0;
};

/// A process with a pool of six is stopped, and all its sessions are ended. Returns what was told to the
/// statements that failed.
std::vector<std::string> failures_of_a_stop(const stop& wanted) {
    pods& servers = shared_pods();
    constexpr std::size_t size = 6;
    program child(
        child_with("(in the child) a pool under load",
                   servers.url("pool_max_conns=6&pool_min_conns=6&pool_name=stopped&" + wanted.pool_keys)));
    const auto say = [&](const char* what) { ask(child, what); };
    // Sessions on the servers are counted all the time.
    const auto comes_to = [&](auto goal) {
        std::size_t most = 0;
        const bool reached = eventually([&] {
            most = std::max(most, sum(servers.sessions("stopped")));
            return goal(progress_of(child));
        });
        CHECK(most <= size + 1);
        return reached;
    };
    const auto goes_on = [&](std::uint64_t more) {
        const std::uint64_t goal = progress_of(child).queries + more;
        return comes_to([goal](const progress& now) { return now.queries >= goal; });
    };
    REQUIRE(eventually([&] { return servers.sessions("stopped") == counts{2, 2, 2}; }));
    REQUIRE(goes_on(50));
    if (wanted.at_rest) {
        say("rest");
        REQUIRE(eventually([&] { return !told(child, "resting").empty(); }));
    }

    const auto stopped_at = load::clock::now();
    child.send(SIGSTOP);
    REQUIRE(eventually([&] { return is_stopped(child.process()); }));
    const progress before = progress_of(child);
    for (std::size_t i = 0; i < servers.size(); ++i) dialect::end_sessions(servers[i], "stopped");
    REQUIRE(eventually([&] { return sum(servers.sessions("stopped")) == 0; }));
    std::this_thread::sleep_until(stopped_at + wanted.length);
    const auto continued_at = load::clock::now();
    if (wanted.at_rest) say("work");
    child.send(SIGCONT);
    REQUIRE(goes_on(300));
    REQUIRE(eventually([&] { return sum(servers.sessions("stopped")) >= size; }));

    // From here on nothing ends but lives.
    const progress settled = progress_of(child);
    REQUIRE(goes_on(300));
    REQUIRE(
        comes_to([&](const progress& now) { return now.renewals >= settled.renewals + wanted.renewals; }));
    const progress after = progress_of(child);
    const auto elapsed = load::clock::now() - continued_at;
    say("end");
    CHECK(child.exit_code() == 0);
    const progress last = progress_of(child);

    measured(std::to_string(last.failed_statements.size()) + " statements failed, " +
             std::to_string(settled.opens - before.opens) + " connections opened until all was well");
    INFO(child.output());
    CHECK(last.failed_acquires == 0);
    CHECK(after.evictions - before.evictions <= size);
    CHECK(after.evictions - settled.evictions <= 1);
    // One replacement each. The rest are moves, which make servers even again and are few, and lives that
    // end: no more than twice as many as there would be if each lasted for the gap only.
    const auto moves = std::min<std::uint64_t>(after.renewals - before.renewals, size);
    const auto lives =
        wanted.renewals > 0 ? static_cast<std::uint64_t>(elapsed / wanted.length) + 1 : std::uint64_t{0};
    CHECK(after.opens - before.opens <= size + moves + 2 * size * lives);
    return last.failed_statements;
}

}  // namespace

TEST_CASE("(in the child) a pool whose server is killed", "[.]") {
    // What the parent ignores its children ignore.
    REQUIRE(std::signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    const std::string large = large_statement();
    const std::string padded = padded_statement();
    {
        pool<database> quiet(given_url() + "&pool_max_conns=2&pool_min_conns=2");
        pool<database> pool(given_url() + "&pool_max_conns=6&pool_acquire_timeout=1s");
        load callers(pool, 2);
        auto leases = lease_at_once(pool, 4);
        REQUIRE(callers.goes_on(10));
        REQUIRE(eventually([&] { return quiet.stats().idle == 2; }));
        tell("open", "now");
        REQUIRE(eventually([] { return !read_text(message_file("killed")).empty(); }));
        for (auto& one : leases) {
            const bool with_parameter = &one - leases.data() < 2;
            CHECK(loses_connection([&] { with_parameter ? one->query(padded, padded) : one->query(large); }));
            CHECK(loses_connection([&] { one->query("select 1"); }));
        }
        callers.stop();
        CHECK(!callers.failed_acquires().empty());
        // Both pools end with sessions whose server is gone.
    }
    struct sigaction now{};
    REQUIRE(sigaction(SIGPIPE, nullptr, &now) == 0);
    CHECK(now.sa_handler == (dialect::ignores_sigpipe ? SIG_IGN : SIG_DFL));
}

TEST_CASE("a process with SIGPIPE's default outlives statements and goodbyes to a server that is gone") {
    if (!live_tests_can_run()) return;
    dialect::cluster servers(dialect::settings(20));
    check_a_process_outlives_its_server(servers, "sslmode=disable");
}

TEST_CASE(
    "a process with SIGPIPE's default outlives statements and goodbyes to a server with TLS that is gone") {
    std::string why;
    if (!tls_files::available(why)) std::cout << "skipped: " << why << '\n';
    if (!why.empty() || !live_tests_can_run()) return;
    const tls_files files("shop.test");
    dialect::cluster_settings settings = dialect::settings(20);
    settings.tls = &files;
    dialect::cluster servers(settings);
    // Of the first server.
    files.sign("IP:" + servers.address(11));
    check_a_process_outlives_its_server(servers, "sslmode=verify-full&sslrootcert=" + files.ca());
}

TEST_CASE("(in the child) a pool under load", "[.]") {
    shifts callers(given_url());
    const auto asked_to = [](const char* what) { return !read_text(message_file(what)).empty(); };
    const bool ended = eventually(
        [&] {
            callers.tell_progress();
            if (!callers.have_rested() && asked_to("rest")) {
                callers.rest();
                callers.tell_progress();
                tell("resting", "now");
                CHECK(eventually([&] { return asked_to("work"); }));
                callers.work();
            }
            return asked_to("end");
        },
        300s);
    callers.rest();
    callers.tell_progress();
    CHECK(ended);
}

TEST_CASE("a process that was stopped while its servers ended its sessions hands out none of them") {
    if (!live_tests_can_run()) return;
    // Nothing becomes due meanwhile, so that only the look before a lease can tell.
    CHECK(failures_of_a_stop({true, 1s, "pool_health_check_period=1h", 0}).empty());
}

TEST_CASE("a process that was stopped while lifetimes and checks became due replaces each session once") {
    if (!live_tests_can_run()) return;
    const auto failed =
        failures_of_a_stop({false, 3s, "pool_max_conn_lifetime=6s&pool_health_check_period=500ms", 6});
    // One for each session that was out then.
    CHECK(failed.size() <= shifts::callers);
}
