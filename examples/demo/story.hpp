// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "application.hpp"
#include "history.hpp"
#include "pods.hpp"
#include "screen.hpp"
#include "settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace demo {

/// Three real servers behind one name and an application under load; then a scale-up to five, a killed
/// server, and its return. Whatever ends it, nothing of it stays behind.
class story {
public:
    /// `stopped` tells whether the user wants to leave.
    story(settings wanted, std::function<bool()> stopped);

    /// Tells the story and writes the picture. Returns whether everything held that the demo promises;
    /// false when stopped. Throws std::exception when a server or the picture can't be had.
    bool tell();

private:
    using condition = std::function<bool(const std::vector<pod_figures>&)>;

    /// How things stood at the beginning and at the end of a phase.
    struct outcome {
        std::vector<pod_figures> before;
        std::vector<pod_figures> after;
        std::size_t newest = 0;  ///< the pod that the phase is about
        std::uint64_t renewals = 0;
        std::uint64_t failed_acquires = 0;
        std::uint64_t failed_queries = 0;
        bool held = false;
    };

    void set_up();
    void three_pods();
    void scale_up();
    void kill_one();
    void bring_back();

    void begin_phase(const std::string& name, const std::string& words);
    /// Watches until `done` holds, at least for the time of a phase; notes how it ended.
    void end_phase(std::size_t newest, const condition& done);
    void watch_until(const std::function<bool()>& done);
    /// Does something slow on a thread of its own, and watches meanwhile.
    void watch_during(const std::function<void()>& work);
    void look();
    [[nodiscard]] std::vector<double> query_rates() const;
    [[nodiscard]] double seconds() const;

    bool summarize();
    void print_outcomes() const;
    void write_picture();

    settings settings_;
    std::function<bool()> stopped_;
    screen screen_;
    pods pods_;
    std::unique_ptr<application> application_;
    std::chrono::steady_clock::time_point began_;
    std::string headline_;
    history history_;
    std::vector<outcome> outcomes_;
    std::uint64_t renewals_before_ = 0;
    application::trouble trouble_before_;
    std::size_t in_flight_at_kill_ = 0;
    std::size_t sessions_at_kill_ = 0;
};

}  // namespace demo
