// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/exit_code.hpp"
#include "cli/load.hpp"

#include <podpool/balance_figures.hpp>
#include <podpool/endpoint.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace podpool::cli {

/// `podpool bench`: clients that query for a while.
struct bench_request {
    std::string uri;
    bool json = false;
    load_request load;
    std::chrono::nanoseconds duration = std::chrono::seconds(5);
};

/// One endpoint at the end of the load, and the queries that it answered.
struct bench_row {
    endpoint where;
    std::size_t open = 0;
    std::size_t active = 0;
    std::uint64_t queries = 0;
};

struct bench_report {
    load_request load;
    std::size_t max_conns = 0;
    std::chrono::nanoseconds duration{0};
    tally counted;
    std::vector<bench_row> endpoints;
    balance_figures balance;  ///< of open connections, at the end of the load
};

/// Takes the figures together. `before_end`: the pool when the clients still ran.
bench_report make_bench_report(const load_request& load, const stats& before_end, const tally& counted,
                               std::chrono::nanoseconds duration);
boost::json::object to_json(const bench_report& report);
std::string to_text(const bench_report& report);

/// The errors by kind, the most frequent ones first, a line each.
std::string error_summary(const tally& counted);

exit_code run(const bench_request& request, std::ostream& out, std::ostream& err);

}  // namespace podpool::cli
