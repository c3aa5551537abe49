// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/lookup.hpp"
#include "discovery/search_rules.hpp"
#include "discovery/system_files.hpp"

#include <podpool/address_family.hpp>
#include <podpool/discovery/target.hpp>
#include <podpool/dns_search_mode.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace podpool::detail {

/// How names are looked up.
struct lookup_rules {
    /// Whether SRV records are asked for; the hosts file has none.
    bool services = false;
    dns_search_mode search = dns_search_mode::automatic;
    address_family family = address_family::automatic;
    std::string hosts_file;
};

/// One name as the user wrote it: finds out what to ask for, asks, and keeps the last good endpoints.
///
/// The candidates (the hosts file, then names along the search list) are asked one after the other until one
/// has endpoints; that one is adopted. Only a candidate that doesn't exist or is empty leads to the next.
/// From then on the candidates before the adopted one are asked beside it, and win as soon as they have
/// endpoints; those after it are never asked again: a Service that runs empty mustn't lead to somebody else's
/// database. Must be used on the servers' strand.
class name_lookup : public std::enable_shared_from_this<name_lookup> {
public:
    using clock = lookup::clock;
    using handler = lookup::handler;

    name_lookup(const discovery_target& target, lookup_rules rules);

    /// Asks; `done` gets the endpoints known now, also when the answer isn't good. It is called once,
    /// never from inside run(), unless abandon() comes first.
    void run(const std::shared_ptr<name_servers>& servers, const resolver_config& config,
             clock::time_point deadline, handler done);

    /// Ends the run by `deadline` if that is earlier than what it has.
    void hurry(clock::time_point deadline);

    /// Ends the run without calling the handler. Idempotent.
    void abandon() noexcept;

private:
    /// A place where the name may be found.
    struct candidate {
        /// The name to ask for.
        std::string name;
        /// The candidate in error messages.
        std::string shown;
        std::shared_ptr<lookup> question;
        /// Of this run.
        std::optional<lookup_result> result;
    };

    void find_candidates(const resolver_config& config);
    void ask(std::size_t which);
    void on_result(std::size_t which, lookup_result result);
    void adopt(std::size_t which);
    void give_up();
    [[nodiscard]] std::string asked_text() const;
    [[nodiscard]] std::string remark_on(const lookup_result& found) const;
    void finish(lookup_result result);

    std::string written_;
    std::string host_;  // without the dot at its end
    std::uint16_t port_;
    lookup_rules rules_;
    std::vector<endpoint_info> last_good_;
    std::vector<endpoint> last_left_out_;

    std::string cluster_;                // the domain of the cluster that this program is in
    std::vector<candidate> candidates_;  // once one is adopted, up to that one
    bool keeps_inside_ = false;
    bool adopted_ = false;
    std::size_t asked_ = 0;  // so many in this run
    std::shared_ptr<name_servers> servers_;
    clock::time_point deadline_;
    handler done_;
};

}  // namespace podpool::detail
