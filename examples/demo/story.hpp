// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "load.hpp"
#include "picture.hpp"

#include "support/postgres_server.hpp"
#include "support/real_dns_server.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace demo {

/// What can be set about the demo.
struct settings {
    std::chrono::seconds per_phase{6};  ///< how long each state is shown at least
    std::chrono::seconds lifetime{8};   ///< pool_max_conn_lifetime
    std::string output = "podpool-demo.svg";
};

/// Three real servers behind one name, load, a scale-up to five, a killed server, its return.
class story {
public:
    /// `stopped` tells that the user wants to leave.
    story(settings wanted, std::function<bool()> stopped);

    /// Tells the story and writes the picture. Returns whether everything held that the demo promises.
    bool tell();

private:
    struct chapter {
        std::string name;
        double max_over_mean = 0;
        std::vector<std::size_t> sessions;
    };

    void start_servers();
    void start_load();
    bool scale_up();
    bool kill_one();
    bool bring_back();
    void publish();
    /// Samples until `done(sessions)` holds, but at least `at_least`; false at the time limit or on Ctrl-C.
    bool watch_until(const std::string& headline, std::chrono::seconds at_least,
                     const std::function<bool(const std::vector<std::size_t>&)>& done);
    std::vector<std::size_t> count_sessions();
    void show(const std::string& headline, const std::vector<std::size_t>& sessions);
    void close_chapter(const std::string& name);
    bool summarize(bool complete);
    void say(const std::string& words);
    [[nodiscard]] double seconds() const;

    settings settings_;
    std::function<bool()> stopped_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    bool on_terminal_;
    std::size_t lines_shown_ = 0;
    std::chrono::steady_clock::time_point last_shown_{};
    std::map<std::string, std::uint64_t> queries_before_;

    podpool::test::postgres_cluster cluster_;
    podpool::test::real_dns_server dns_;
    std::unique_ptr<postgres_pool> pool_;
    std::unique_ptr<load> load_;
    history history_;
    std::vector<chapter> chapters_;
};

}  // namespace demo
