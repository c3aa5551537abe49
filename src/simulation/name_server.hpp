// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/published_set.hpp"

#include <podpool/core/random.hpp>
#include <podpool/core/time.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace podpool::simulation {

/// The DNS server of the world: one name and what is answered for it.
class name_server {
public:
    /// One answer: addresses, or a fault in words.
    struct reply {
        std::shared_ptr<const published_set> addresses;
        std::string fault;
        std::optional<core::duration> ttl;  ///< how long it may be kept; none: the asker decides
    };

    /// An answer with these members; with none it is a fault.
    static reply reply_of(std::vector<endpoint_info> members) {
        if (members.empty()) return {nullptr, "no addresses", {}};
        return {std::make_shared<const published_set>(std::move(members)), {}, {}};
    }

    /// From now on every question gets these members; none at all is an empty answer, thus a fault.
    void answer(std::vector<endpoint_info> members) { turns_ = {reply_of(std::move(members))}; }
    /// From now on every question fails (SERVFAIL, NXDOMAIN, a timeout).
    void fail(std::string why) { turns_ = {reply{nullptr, std::move(why), {}}}; }
    /// Successive questions get these answers in turn, round and round: resolvers that disagree.
    void take_turns(std::vector<reply> turns) { turns_ = std::move(turns); }

    /// From now on answers may be kept for `ttl`, and questions go in turn to `resolvers` that keep an answer
    /// for `age` (zero: they don't), each from a moment of its own on.
    void cache(core::duration ttl, core::duration age, std::size_t resolvers, core::time_point now,
               core::random& rng) {
        ttl_ = ttl;
        age_ = std::min(ttl, age);
        caches_.assign(age_ > core::duration{0} ? resolvers : 0, {});
        for (kept& each : caches_) each = {ask_server(), now + rng.up_to(age_)};
    }

    [[nodiscard]] reply ask(core::time_point now) {
        if (caches_.empty()) {
            reply fresh = ask_server();
            fresh.ttl = ttl_;
            return fresh;
        }
        kept& asked = caches_[++questions_ % caches_.size()];
        if (now >= asked.until || asked.answer.addresses == nullptr) {
            asked.answer = turns_[questions_ % turns_.size()];
            // Resolvers refill when somebody asks; here somebody always does.
            while (asked.until <= now) asked.until += age_;
        }
        reply answer = asked.answer;
        answer.ttl = asked.until - now;
        return answer;
    }
    [[nodiscard]] std::size_t questions() const noexcept { return questions_; }

private:
    struct kept {
        reply answer;
        core::time_point until;
    };

    reply ask_server() {
        ++questions_;
        return turns_[questions_ % turns_.size()];
    }

    std::vector<reply> turns_{reply{nullptr, "SERVFAIL", {}}};
    std::vector<kept> caches_;
    std::optional<core::duration> ttl_;
    core::duration age_{0};
    std::size_t questions_ = 0;
};

}  // namespace podpool::simulation
