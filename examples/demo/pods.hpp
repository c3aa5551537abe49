// SPDX-License-Identifier: BSL-1.0
#pragma once

// The build says which database's.
#include "dialect.hpp"
#include "pod_figures.hpp"
#include "settings.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace demo {

/// Real servers as pods behind one name of a real DNS server.
///
/// One thread uses it, but for the functions that say otherwise.
class pods {
public:
    /// Whether this machine can run them; if not, `why` says what is missing.
    static bool available(std::string& why);

    /// Starts further servers that nobody knows yet. May run on a thread of its own, beside look().
    void start_more(std::size_t count);
    /// Makes the name resolve to all servers.
    void publish();

    /// SIGKILL for a server and all its processes; its address stays in DNS.
    void kill(std::size_t index);
    /// Starts a killed server again. May run on a thread of its own, beside look(), which leaves it out
    /// until welcome_back().
    void restart(std::size_t index) { known_[index]->start(); }
    void welcome_back(std::size_t index) { up_[index] = true; }

    /// Asks every published server.
    [[nodiscard]] std::vector<pod_figures> look();

    /// How many are published.
    [[nodiscard]] std::size_t size() const { return known_.size(); }
    [[nodiscard]] const std::string& address(std::size_t index) const { return known_[index]->address(); }
    /// The connection string for the application.
    [[nodiscard]] std::string uri(std::chrono::seconds lifetime) const;

private:
    dialect::cluster cluster_;
    dialect::name_server dns_{cluster_};
    std::vector<dialect::server*> started_;  // not yet published
    std::vector<dialect::server*> known_;
    std::vector<bool> up_;
};

}  // namespace demo
