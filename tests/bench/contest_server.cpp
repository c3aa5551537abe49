// SPDX-License-Identifier: BSL-1.0
#include "contest_server.hpp"

#include "contenders/transfer.hpp"
#include "workers.hpp"

#include <support/child_process.hpp>

#include <exception>
#include <stdexcept>
#include <system_error>

namespace podpool::bench {

namespace {

using test::postgres_cluster;

test::postgres_cluster_settings contest_settings(std::size_t max_connections) {
    std::string why;
    if (!postgres_cluster::available(why)) throw std::runtime_error(why);
    test::postgres_cluster_settings settings;
    settings.max_connections = max_connections;
    // The tables fit in, and no checkpoint falls into a round.
    settings.configuration = {"shared_buffers = 128MB", "max_wal_size = 4GB", "checkpoint_timeout = 1h"};
    settings.access = {"host all " + postgres_cluster::user() + " 127.0.0.0/8 trust"};
    return settings;
}

/// pgbench's tables. The room in their pages lets rows be rewritten where they are.
void make_tables(test::postgres_server& server) {
    const auto run = [&](const std::string& sql) { server.sql(sql, postgres_cluster::database()); };
    const auto numbers = [](int count) { return "generate_series(1, " + std::to_string(count) + ") as n"; };
    run("create table pgbench_branches (bid int primary key, bbalance int, filler char(88))"
        " with (fillfactor = 50)");
    run("create table pgbench_tellers (tid int primary key, bid int, tbalance int, filler char(84))"
        " with (fillfactor = 50)");
    run("create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84))"
        " with (fillfactor = 80)");
    run("create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler "
        "char(22))");
    run("insert into pgbench_branches select n, 0 from " + numbers(transfer::branches));
    run("insert into pgbench_tellers select n, (n - 1) / 10 + 1, 0 from " + numbers(transfer::tellers));
    run("insert into pgbench_accounts select n, (n - 1) / 10000 + 1, 0, '' from " +
        numbers(transfer::accounts));
    for (const char* const table : {"branches", "tellers", "accounts", "history"}) {
        run("grant all on pgbench_" + std::string(table) + " to " + postgres_cluster::user());
        run("vacuum analyze pgbench_" + std::string(table));
    }
    run("checkpoint");
}

void for_each_process(pid_t postmaster, void (*change)(pid_t)) {
    // The postmaster first: what it starts from then on does as it does.
    change(postmaster);
    for (const pid_t each : test::children_of(postmaster)) {
        try {
            change(each);
        } catch (const std::system_error& problem) {
            // A session may have ended meanwhile.
            if (problem.code() != std::errc::no_such_process) throw;
        }
    }
}

}  // namespace

contest_server::contest_server(std::size_t max_connections)
    : cluster_(contest_settings(max_connections)), server_(&cluster_.add_primary()) {
    make_tables(*server_);
}

std::string contest_server::uri() const {
    return "postgresql://" + postgres_cluster::user() + "@" + server_->address() + ":" +
           std::to_string(server_->port()) + "/" + postgres_cluster::database() + "?sslmode=disable";
}

pid_t contest_server::postmaster() const {
    return std::stoi(test::read_text(server_->data_directory() + "/postmaster.pid"));
}

void contest_server::tidy() {
    for (const char* const table : {"pgbench_branches", "pgbench_tellers"}) {
        server_->sql("vacuum " + std::string(table), postgres_cluster::database());
    }
    server_->sql("truncate pgbench_history", postgres_cluster::database());
}

server_on_one_core::server_on_one_core(const contest_server& server) : postmaster_(server.postmaster()) {
    for_each_process(postmaster_, keep_on_first_core);
}

server_on_one_core::~server_on_one_core() {
    try {
        for_each_process(postmaster_, allow_all_cores);
    } catch (const std::exception&) {
        // It is gone, and what was to be undone with it.
        return;
    }
}

}  // namespace podpool::bench
