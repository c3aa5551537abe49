// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/api_access.hpp"
#include "discovery/kubernetes/service_key.hpp"
#include "discovery/kubernetes/service_watch.hpp"
#include "discovery/kubernetes/watch_patience.hpp"

#include "fake_api_server.hpp"
#include "recorded.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace podpool::test {

/// Waits short enough for a test that goes through many failures.
inline detail::watch_patience short_pauses() {
    detail::watch_patience patience;
    patience.first_pause = std::chrono::milliseconds(2);
    patience.longest_outage_pause = std::chrono::milliseconds(5);
    patience.longest_pause = std::chrono::milliseconds(5);
    patience.longest_retry_after = std::chrono::milliseconds(5);
    return patience;
}

/// How to reach a fake server with http.
inline detail::api_access plain_access(const fake_api_server& server) {
    detail::api_access access;
    access.tls = false;
    access.host = "127.0.0.1";
    access.port = server.port();
    return access;
}

/// A directory for a token and certificates that a test replaces.
class secret_files {
public:
    secret_files() : directory_(make_temporary_directory("podpool-api-")) {}
    secret_files(const secret_files&) = delete;
    secret_files& operator=(const secret_files&) = delete;
    ~secret_files() {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }

    [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
    /// Replaces a file in one step, as the kubelet does.
    void put(const std::string& name, const std::string& text) const {
        write_text(path(name) + ".new", text);
        std::filesystem::rename(path(name) + ".new", path(name));
    }

private:
    std::string directory_;
};

/// The endpoints in the slices of a report; -1: it has none yet.
inline int endpoint_count(const detail::service_watch::report& news) {
    if (news->slices == nullptr) return -1;
    int count = 0;
    for (const auto* slice : news->slices->newest_first()) count += static_cast<int>(slice->endpoints.size());
    return count;
}

/// Keeps the reports of a watch. Thread safety: all functions may be called from any thread.
class report_log {
public:
    detail::service_watch::subscriber subscriber() {
        return [this](const detail::service_watch::report& news) {
            const std::lock_guard lock(mutex_);
            reports_.push_back(news);
            changed_.notify_all();
        };
    }

    /// Waits for a report that `wanted` takes and returns it; the earlier ones are looked at, too.
    detail::service_watch::report find(const std::function<bool(const detail::service_report&)>& wanted) {
        std::unique_lock lock(mutex_);
        std::size_t looked_at = 0;
        while (true) {
            for (; looked_at < reports_.size(); ++looked_at) {
                if (wanted(*reports_[looked_at])) return reports_[looked_at];
            }
            if (!changed_.wait_for(lock, std::chrono::seconds(60),
                                   [&] { return looked_at < reports_.size(); })) {
                throw std::runtime_error("the expected report didn't come");
            }
        }
    }
    detail::service_watch::report find_problem(const std::string& part) {
        return find(
            [&](const detail::service_report& news) { return news.problem.find(part) != std::string::npos; });
    }
    detail::service_watch::report find_slices() {
        return find([](const detail::service_report& news) { return news.slices != nullptr; });
    }
    detail::service_watch::report find_count(int count) {
        return find([&](const detail::service_report& news) {
            return endpoint_count(std::make_shared<const detail::service_report>(news)) == count;
        });
    }

    [[nodiscard]] std::vector<detail::service_watch::report> all() const {
        const std::lock_guard lock(mutex_);
        return reports_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<detail::service_watch::report> reports_;
};

/// The events of a streaming list of the Service prod/db with one pod.
inline std::vector<std::string> list_of_one() {
    return {recorded::event("ADDED", recorded::slice("236", "[" + recorded::db0 + "]")),
            recorded::initial_events_end};
}

}  // namespace podpool::test
