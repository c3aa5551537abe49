// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <random>

namespace podpool::bench {

/// pgbench's TPC-B-like transaction: what it says, and the values of one. Its tables are smaller than
/// pgbench's: enough branches that callers rarely queue on the row of one, and a tenth of the accounts, which
/// fit into memory.
struct transfer {
    static constexpr int branches = 32;
    static constexpr int tellers = 10 * branches;
    static constexpr int accounts = 10000 * branches;
    static constexpr int largest_delta = 5000;

    static constexpr const char* update_account =
        "UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2";
    static constexpr const char* select_balance = "SELECT abalance FROM pgbench_accounts WHERE aid = $1";
    static constexpr const char* update_teller =
        "UPDATE pgbench_tellers SET tbalance = tbalance + $1 WHERE tid = $2";
    static constexpr const char* update_branch =
        "UPDATE pgbench_branches SET bbalance = bbalance + $1 WHERE bid = $2";
    static constexpr const char* insert_history =
        "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ($1, $2, $3, $4, "
        "CURRENT_TIMESTAMP)";

    template <class Random>
    static transfer draw(Random& random) {
        using among = std::uniform_int_distribution<int>;
        transfer drawn;
        drawn.account = among(1, accounts)(random);
        drawn.teller = among(1, tellers)(random);
        drawn.branch = among(1, branches)(random);
        drawn.delta = among(-largest_delta, largest_delta)(random);
        return drawn;
    }

    int account = 0;
    int teller = 0;
    int branch = 0;
    int delta = 0;
};

}  // namespace podpool::bench
