// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/lookup.hpp"
#include "discovery/system_files.hpp"

#include <podpool/discovery/target.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace podpool::detail {

/// One name as the user wrote it: finds out what to ask for, asks, and keeps the last good endpoints.
///
/// A name with a dot is asked as it is. One without is looked up in the hosts file, then along the search
/// list; the first name there that has endpoints is the one for good, so that a Service which runs empty
/// doesn't lead to somebody else's. Must be used on the servers' strand.
class name_lookup : public std::enable_shared_from_this<name_lookup> {
public:
    using clock = lookup::clock;
    using handler = lookup::handler;

    /// `services`: ask for SRV records.
    name_lookup(const discovery_target& target, bool services, std::string hosts_file);

    /// Asks; `done` gets the endpoints known now, also when the answer isn't good. It is called once,
    /// never from inside run(), unless abandon() comes first.
    void run(const std::shared_ptr<name_servers>& servers, const resolver_config& config,
             clock::time_point deadline, handler done);

    /// Ends the run by `deadline` if that is earlier than what it has.
    void hurry(clock::time_point deadline);

    /// Ends the run without calling the handler. Idempotent.
    void abandon() noexcept;

private:
    bool run_hosts_file(const std::shared_ptr<name_servers>& servers);
    void ask_candidate();
    void on_result(lookup_result result);
    void finish(lookup_result result);

    std::string name_;
    std::uint16_t port_;
    bool search_;
    std::string hosts_file_;
    std::shared_ptr<lookup> lookup_;
    std::vector<endpoint_info> last_good_;

    std::vector<std::string> candidates_;
    std::size_t candidate_ = 0;
    bool pinned_ = false;
    std::shared_ptr<name_servers> servers_;
    clock::time_point deadline_;
    handler done_;
};

}  // namespace podpool::detail
