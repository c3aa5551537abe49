// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/exit_code.hpp"
#include "cli/load.hpp"

#include <podpool/stats.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace podpool::cli {

/// `podpool watch`: a pool's state again and again.
struct watch_request {
    std::string uri;
    bool json = false;
    load_request load;
    std::chrono::nanoseconds interval = std::chrono::seconds(1);
    std::optional<std::chrono::nanoseconds> duration;  ///< none: until interrupted
};

/// What is shown once per interval.
struct watch_frame {
    std::chrono::system_clock::time_point time;
    stats pool;
    std::uint64_t queries = 0;          ///< of the clients, since the start: that ended well
    std::uint64_t errors = 0;           ///< of acquires and of queries
    std::uint64_t failed_acquires = 0;  ///< of the errors
    double queries_per_second = 0;
    std::map<endpoint, double> queries_per_second_at;
};

/// Makes frames out of snapshots: what happens between two of them becomes a rate.
class watch_sampler {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit watch_sampler(time_point begin) : last_time_(begin) {}
    watch_frame next(time_point now, stats pool, tally counted);

private:
    time_point last_time_;
    tally last_;
};

boost::json::object to_json(const watch_frame& frame);
std::vector<std::string> to_lines(const watch_frame& frame);

exit_code run(const watch_request& request, std::ostream& out, std::ostream& err);

}  // namespace podpool::cli
