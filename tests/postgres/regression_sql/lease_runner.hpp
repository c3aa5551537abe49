// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "leased_session.hpp"
#include "script_reader.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace podpool::test {

/// Runs scripts so that what is plain is a lease of its own, and looks at what each lease left.
///
/// Two sessions share the work. Plain statements, and transactions of nothing else, run on one that is as
/// good as new each time, as a pool's connection is. All other statements run on another one, a new one for
/// each script, where settings and temporary tables stay. What is plain but fails on the first, mostly since
/// it needs such a table, runs on that one, too; its state must be after it what it was before.
class lease_runner {
public:
    struct figures {
        std::size_t scripts = 0;
        std::size_t statements = 0;
        std::size_t skipped_commands = 0;  ///< of psql
        std::size_t plain = 0;             ///< statements
        std::size_t leases = 0;            ///< of plain statements only, transactions count once
        std::size_t among_others = 0;      ///< plain statements in transactions that have others, too
        std::size_t succeeded = 0;         ///< leases, on the session that is as good as new
        std::size_t succeeded_beside = 0;  ///< leases that succeeded only on the other session
        std::size_t failed = 0;            ///< leases with an error on both
        std::map<std::string, std::size_t> by_gate;
        std::vector<std::string> left_something;  ///< leases that did so through no known gate
    };

    explicit lease_runner(const std::string& conninfo);

    void run(const std::string& name, script_reader& script);
    [[nodiscard]] const figures& found() const { return figures_; }

private:
    using lease = std::vector<std::string>;

    void read_transaction(script_reader& script, std::string sql);
    void run_others(script_reader& script, const std::string& sql);
    void run_lease(const lease& statements);
    static bool run_all(leased_session& session, const lease& statements);
    bool leaves_as_it_was(leased_session& session, const std::string& before, const lease& statements);
    [[nodiscard]] bool is_plain(const std::string& sql) const;

    std::string conninfo_;
    leased_session clean_;
    leased_session other_;
    std::string state_of_clean_;
    std::string script_;
    figures figures_;
};

}  // namespace podpool::test
