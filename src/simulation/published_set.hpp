// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>
#include <podpool/endpoint_set.hpp>

#include <unordered_set>
#include <utility>
#include <vector>

namespace podpool::simulation {

/// What is behind the name at one time; every client that learns of it shares the one copy.
class published_set {
public:
    explicit published_set(std::vector<endpoint_info> members,
                           removal_kind removal = removal_kind::tentative) {
        for (const endpoint_info& member : members) {
            if (member.ready && !member.terminating) members_.insert(member.where);
        }
        answer_.source = removal == removal_kind::tentative ? "dns" : "kubernetes";
        answer_.removal = removal;
        answer_.endpoints = std::move(members);
    }

    [[nodiscard]] const endpoint_set& answer() const noexcept { return answer_; }
    [[nodiscard]] const std::vector<endpoint_info>& endpoints() const noexcept { return answer_.endpoints; }
    /// Whether it is one that new sessions may go to.
    [[nodiscard]] bool contains(const endpoint& where) const { return members_.contains(where); }

private:
    endpoint_set answer_;
    std::unordered_set<endpoint> members_;
};

}  // namespace podpool::simulation
