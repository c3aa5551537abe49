// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/simulate_verb.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace podpool::cli {

/// What stands behind the options of `podpool simulate`, as it was given.
struct simulate_arguments {
    std::string clients = "100";
    std::string sessions = "20";
    std::string pods = "3";
    std::vector<std::string> scale;
    std::string duration;
    std::string lifetime = "30m";
    std::string jitter;
    std::string dns_ttl = "5s";
    std::string dns_cache = "5s";
    std::string watch_delay = "200ms";
    std::string totals_age = "0s";
    std::string start_over = "0s";
    std::string clients_per_node = "10";
    std::string load = "steady";
    std::vector<std::string> looks;
    std::vector<std::string> models;
    std::vector<std::string> settings;
    std::string seed = "1";
    std::string seeds = "1";
    std::string svg;
    bool json = false;

    /// Adds the verb with its options.
    void add_to(CLI::App& app);
    /// Throws usage_error, which names the option, what was given and what is expected.
    [[nodiscard]] simulate_request read() const;
};

}  // namespace podpool::cli
