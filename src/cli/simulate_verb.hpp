// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/exit_code.hpp"
#include "simulation/history.hpp"
#include "simulation/model.hpp"
#include "simulation/plan.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace podpool::cli {

/// `podpool simulate`: models of spreading sessions beside each other, in virtual time.
struct simulate_request {
    simulation::plan scenario;
    std::vector<const simulation::model*> models;
    std::uint64_t first_seed = 1;
    std::size_t seeds = 1;
    bool json = false;
    std::string svg;  ///< the file for plots; empty: none
};

/// One figure over all seeds; infinite: it never came to that.
struct seed_figure {
    bool known = false;
    double median = 0;
    double worst = 0;
};

/// What one model gave.
struct model_report {
    const simulation::model* which = nullptr;
    struct look {
        seed_figure max_over_mean;
        seed_figure newest_share;
    };
    std::vector<look> looks;  ///< at plan::looks
    look end;                 ///< of the run
    seed_figure newest_filled_seconds;
    seed_figure dials;
    seed_figure busiest_second;
    seed_figure busiest_ten_seconds;  ///< per second, the mean of the busiest ten
    seed_figure busiest_pod_second;
    seed_figure moves;
    seed_figure failed;
    seed_figure longest_wait_seconds;
    seed_figure lost;
    std::vector<simulation::moment> series;  ///< of the first seed, thinned out
};

struct simulate_report {
    simulate_request request;
    std::vector<model_report> models;
};

/// Takes the histories of one model, a seed each, together.
model_report make_model_report(const simulation::plan& scenario, const simulation::model& which,
                               const std::vector<simulation::history>& runs);
/// Runs every model with every seed. Throws podpool::error (errc::invalid_options) for a bad pool option.
simulate_report simulate(const simulate_request& request);
boost::json::object to_json(const simulate_report& report);
std::string to_text(const simulate_report& report);

exit_code run(const simulate_request& request, std::ostream& out, std::ostream& err);

}  // namespace podpool::cli
