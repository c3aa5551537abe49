// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/address_lookup.hpp"
#include "discovery/lookup.hpp"

#include <memory>
#include <string>

namespace podpool::detail {

/// Looks a name up in the hosts file, which is read at each run.
class hosts_lookup final : public lookup, public std::enable_shared_from_this<hosts_lookup> {
public:
    /// `file`: its path. `addresses`: makes endpoints of what the file gives.
    hosts_lookup(std::string file, std::shared_ptr<address_lookup> addresses)
        : file_(std::move(file)), addresses_(std::move(addresses)) {}

    /// The result is negative if the file doesn't have the name or can't be read.
    void run(const std::shared_ptr<name_servers>& servers, const std::string& name,
             clock::time_point deadline, handler done) override;
    void hurry(clock::time_point deadline) override;
    void abandon() noexcept override;

private:
    [[nodiscard]] lookup_result look_up(const std::string& name);

    std::string file_;
    std::shared_ptr<address_lookup> addresses_;
    handler done_;
};

}  // namespace podpool::detail
