// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>
#include <podpool/endpoint_set.hpp>

#include <unordered_set>
#include <vector>

namespace podpool::simulation {

/// The addresses behind the name at one time; every client that learns of them shares the one copy.
class published_set {
public:
    explicit published_set(const std::vector<endpoint>& addresses)
        : members_(addresses.begin(), addresses.end()) {
        answer_.source = "dns";
        for (const endpoint& address : addresses) answer_.endpoints.emplace_back(address, "db.example");
    }

    [[nodiscard]] const endpoint_set& answer() const noexcept { return answer_; }
    [[nodiscard]] const std::vector<endpoint_info>& endpoints() const noexcept { return answer_.endpoints; }
    [[nodiscard]] bool contains(const endpoint& where) const { return members_.contains(where); }

private:
    endpoint_set answer_;
    std::unordered_set<endpoint> members_;
};

}  // namespace podpool::simulation
