// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/address_lookup.hpp"
#include "discovery/dns_question.hpp"
#include "discovery/lookup.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace podpool::detail {

/// Asks for SRV records, then for the addresses of their targets where the answer doesn't bring them.
///
/// An endpoint's host is its target's name. A target whose addresses can't be had keeps its last good
/// ones as long as the SRV answer names it.
class service_lookup final : public lookup, public std::enable_shared_from_this<service_lookup> {
public:
    /// `wanted`: the family of each target's addresses.
    explicit service_lookup(address_family wanted) : wanted_(wanted) {}

    void run(const std::shared_ptr<name_servers>& servers, const std::string& name,
             clock::time_point deadline, handler done) override;
    void hurry(clock::time_point deadline) override;
    void abandon() noexcept override;

private:
    using target_key = std::pair<std::string, std::uint16_t>;

    void on_services(const dns_outcome& outcome);
    void take_targets(const dns_message& message, const std::vector<service_target>& targets);
    void ask_targets();
    void merge(lookup_result result);
    void fail(std::string problem, bool negative);
    void finish();

    struct open_target {
        target_key key;
        known_addresses known;
    };

    address_family wanted_;
    std::shared_ptr<name_servers> servers_;
    std::string name_;
    clock::time_point deadline_;
    handler done_;
    std::shared_ptr<dns_question> question_;
    std::map<target_key, std::shared_ptr<address_lookup>> targets_;
    std::vector<open_target> waiting_;
    std::size_t in_flight_ = 0;
    std::size_t problems_ = 0;
    lookup_result result_;
};

}  // namespace podpool::detail
