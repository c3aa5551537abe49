// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/postgres_server.hpp"
#include "support/real_dns_server.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace podpool::soak {

/// A primary and its streaming standbys behind one name of a real DNS server. A commit is acknowledged when
/// one standby, whichever, has it.
///
/// Functions throw std::runtime_error when a server doesn't do what is asked; those that ask a server need
/// one that answers. Thread safety: one thread at a time.
class replicated_set {
public:
    /// Starts the servers, with the table `ledger` (writer, sequence) and no constraint on it, publishes
    /// them.
    explicit replicated_set(std::size_t standbys);

    [[nodiscard]] test::postgres_server& primary() { return *primary_; }
    [[nodiscard]] const std::vector<test::postgres_server*>& standbys() const { return standbys_; }
    /// All of them.
    [[nodiscard]] std::vector<test::postgres_server*> servers() const;
    [[nodiscard]] test::real_dns_server& dns() { return dns_; }

    /// A connection string for a pool with this name.
    [[nodiscard]] std::string url(const std::string& pool_name, const std::string& pool_keys) const;

    /// Waits until every standby streams and has whatever the primary had when this was called.
    void wait_until_streaming();
    /// Promotes the standby that has most, and lets the others follow it; the primary must be dead. It stays
    /// in the answers until replace() is called. Returns the old primary.
    test::postgres_server& promote_best();
    /// Publishes a new standby instead of an old primary.
    test::postgres_server& replace(test::postgres_server& old);
    /// A further standby, published.
    test::postgres_server& add_standby();
    /// Takes a standby out of the answers.
    void unpublish(const test::postgres_server& standby);
    /// Ends a standby that isn't published any more.
    void remove_standby(test::postgres_server& standby);

    /// These servers are missing from the answers until the next call.
    void hide(const std::vector<test::postgres_server*>& servers);
    /// Whether the answers are empty.
    void hide_all(bool hidden);

    /// Sessions of a pool on each server, by address; those that run must answer.
    [[nodiscard]] std::map<std::string, std::size_t> sessions(const std::string& pool_name);
    /// The sequences of one writer in the ledger of the primary, in order.
    [[nodiscard]] std::vector<std::uint64_t> ledger_of(std::size_t writer);
    /// Closes every session of our own.
    void disconnect();

private:
    void publish();
    test::postgres_server& start_standby();
    test::postgres_server& best_standby();

    test::postgres_cluster cluster_;
    test::real_dns_server dns_;
    test::postgres_server* primary_ = nullptr;
    std::vector<test::postgres_server*> standbys_;
    std::set<std::string> left_out_;  ///< of the answers for good
    std::set<std::string> hidden_;
    bool all_hidden_ = false;
    test::postgres_server* former_primary_ = nullptr;  ///< dead, and in the answers still
};

}  // namespace podpool::soak
