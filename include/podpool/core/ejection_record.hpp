// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/backoff.hpp>
#include <podpool/core/random.hpp>
#include <podpool/core/time.hpp>
#include <podpool/failure.hpp>

#include <cstdint>

namespace podpool::core {

/// How an endpoint has treated its callers' statements, and whether they are kept from it for that.
struct ejection_record {
    bool ejected = false;
    std::uint32_t errors = 0;     ///< leases in a row that met an error of the server's own
    std::uint32_t ejections = 0;  ///< so far, those after a probe that failed included
    std::uint32_t rung = 0;       ///< of the back-off
    time_point judged_at;         ///< when it was ejected last, or readmitted
    time_point probe_at;          ///< ejected: when one lease may find out whether it is well

    void eject(time_point now, random& rng) {
        // Who was well for longer than the longest pause starts anew.
        if (!ejected && now - judged_at > backoff_for(failure_kind::server_error).longest) rung = 0;
        ejected = true;
        judged_at = now;
        ++rung;
        ++ejections;
        wait(now, rng);
    }

    /// The next probe is a pause away: the one that is out now may take long.
    void wait(time_point now, random& rng) {
        probe_at = now + backoff(failure_kind::server_error, rung, rng);
    }

    void readmit(time_point now) {
        ejected = false;
        errors = 0;
        judged_at = now;
    }
};

}  // namespace podpool::core
