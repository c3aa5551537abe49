// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/name_servers.hpp"

#include <podpool/endpoint.hpp>
#include <podpool/endpoint_info.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace podpool::detail {

/// No database has more pods; an answer with more is a fault or an attack.
inline constexpr std::size_t most_addresses = 1024;

/// What the other family, or another name, still gets once something has been answered.
inline constexpr std::chrono::seconds time_for_the_rest{1};

/// What became of one name.
struct lookup_result {
    /// Whether there is an answer with at least one endpoint.
    bool good = false;
    /// Whether it is certain that there is nothing: NXDOMAIN, an empty answer, no line in the hosts file.
    bool negative = false;
    /// The endpoints in the answer, and those kept from an earlier one for the part that failed.
    std::vector<endpoint_info> endpoints;
    /// What the answer has and the choice of the address family leaves out.
    std::vector<endpoint> left_out;
    /// Whether the endpoints of earlier results are another database's.
    bool replaces_all = false;
    /// The smallest TTL in the answer.
    std::optional<std::chrono::seconds> ttl;
    /// What somebody should know who looks at a good result; empty: nothing.
    std::string remark;
    /// What went wrong; a good result may have a problem, too.
    std::string problem;
};

/// Resolves one absolute name, again and again, and remembers what it needs for keeping the last good
/// addresses. Must be used on the servers' strand; one run at a time.
class lookup {
public:
    using clock = std::chrono::steady_clock;
    using handler = std::function<void(lookup_result)>;

    lookup() = default;
    lookup(const lookup&) = delete;
    lookup& operator=(const lookup&) = delete;
    virtual ~lookup() = default;

    /// Asks. `done` is called once, never from inside run(), unless abandon() comes first.
    virtual void run(const std::shared_ptr<name_servers>& servers, const std::string& name,
                     clock::time_point deadline, handler done) = 0;

    /// Ends the run by `deadline` if that is earlier than what it has.
    virtual void hurry(clock::time_point deadline) = 0;

    /// Ends the run without calling the handler. Idempotent.
    virtual void abandon() noexcept = 0;
};

}  // namespace podpool::detail
