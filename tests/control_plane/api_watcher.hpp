// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "control_plane.hpp"

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace podpool::test {

/// Watches a Service's EndpointSlices with curl, beside podpool, and keeps when it heard that an address is
/// ready.
///
/// Thread safety: any. Functions throw std::runtime_error.
class api_watcher {
public:
    using clock = std::chrono::system_clock;

    /// Watches for an hour at most. The control plane must outlive the object.
    api_watcher(control_plane& plane, const std::string& name_space, const std::string& service);
    api_watcher(const api_watcher&) = delete;
    api_watcher& operator=(const api_watcher&) = delete;
    ~api_watcher();

    /// When it was told that the address is ready, which it had not been; nothing as long as it isn't.
    [[nodiscard]] std::optional<clock::time_point> ready_since(const std::string& address) const;

private:
    void read_lines();
    void take(const std::string& line, clock::time_point when);

    std::string pid_file_;
    std::FILE* lines_ = nullptr;
    mutable std::mutex mutex_;
    std::map<std::string, clock::time_point> ready_;
    std::thread reader_;
};

}  // namespace podpool::test
