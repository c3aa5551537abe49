// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pod_figures.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace demo {

/// What the servers said at one moment.
struct sample {
    double seconds = 0;  ///< since the application began
    std::vector<pod_figures> pods;
};

/// One part of the story.
struct phase {
    std::string name;    ///< short, for tables and pictures
    double begins = 0;   ///< seconds since the application began
    std::string remark;  ///< what happened at its beginning, for the picture; may be empty
};

/// The whole story, for the picture.
struct history {
    std::string title;
    std::string subtitle;
    std::vector<std::string> pods;
    std::vector<sample> samples;
    std::vector<phase> phases;
};

/// The largest count over the mean of the pods that are up; 0 without any session.
inline double max_over_mean(const std::vector<pod_figures>& pods) {
    double sum = 0;
    double largest = 0;
    double up = 0;
    for (const pod_figures& pod : pods) {
        if (!pod.up) continue;
        ++up;
        sum += static_cast<double>(pod.sessions);
        largest = std::max(largest, static_cast<double>(pod.sessions));
    }
    return sum > 0 ? largest * up / sum : 0;
}

/// The sessions of all pods.
inline std::size_t total_sessions(const std::vector<pod_figures>& pods) {
    std::size_t total = 0;
    for (const pod_figures& pod : pods) total += pod.sessions;
    return total;
}

}  // namespace demo
