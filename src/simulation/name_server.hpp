// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace podpool::simulation {

/// The DNS server of the world: one name and what is answered for it.
class name_server {
public:
    /// One answer: addresses, or a fault in words.
    struct reply {
        std::vector<endpoint> addresses;
        std::string fault;
    };

    /// From now on every question gets these addresses; none at all is an empty answer, thus a fault.
    void answer(std::vector<endpoint> addresses) {
        if (addresses.empty()) return fail("no addresses");
        turns_ = {reply{std::move(addresses), {}}};
    }
    /// From now on every question fails (SERVFAIL, NXDOMAIN, a timeout).
    void fail(std::string why) { turns_ = {reply{{}, std::move(why)}}; }
    /// Successive questions get these answers in turn, round and round: resolvers that disagree.
    void take_turns(std::vector<reply> turns) { turns_ = std::move(turns); }

    [[nodiscard]] reply ask() {
        ++questions_;
        return turns_[questions_ % turns_.size()];
    }
    [[nodiscard]] std::size_t questions() const noexcept { return questions_; }

private:
    std::vector<reply> turns_{reply{{}, "SERVFAIL"}};
    std::size_t questions_ = 0;
};

}  // namespace podpool::simulation
