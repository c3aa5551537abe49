// SPDX-License-Identifier: BSL-1.0
#include "api_watcher.hpp"

#include "support/child_process.hpp"

#include <boost/json/parse.hpp>

#include <array>
#include <csignal>
#include <stdexcept>

namespace podpool::test {

api_watcher::api_watcher(control_plane& plane, const std::string& name_space, const std::string& service)
    : pid_file_(plane.directory() + "/watcher-" + name_space + "-" + service) {
    const std::string url = control_plane::url() + "/apis/discovery.k8s.io/v1/namespaces/" + name_space +
                            "/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D" + service +
                            "&watch=1&timeoutSeconds=3600";
    // The shell's process becomes curl's.
    const std::string command = "echo $$ >'" + pid_file_ + "'; exec curl --silent --no-buffer --cacert '" +
                                plane.ca_file() + "' --cert '" + plane.client_certificate() + "' --key '" +
                                plane.client_key() + "' '" + url + "'";
    lines_ = popen(command.c_str(), "re");
    if (lines_ == nullptr) throw std::runtime_error("curl can't be started");
    reader_ = std::thread([this] { read_lines(); });
}

api_watcher::~api_watcher() {
    const std::string pid = read_text(pid_file_);
    if (!pid.empty()) kill(std::stoi(pid), SIGTERM);
    reader_.join();
    pclose(lines_);
}

std::optional<api_watcher::clock::time_point> api_watcher::ready_since(const std::string& address) const {
    const std::lock_guard lock(mutex_);
    const auto found = ready_.find(address);
    if (found == ready_.end()) return std::nullopt;
    return found->second;
}

void api_watcher::read_lines() {
    std::array<char, 4096> piece{};
    std::string line;
    while (std::fgets(piece.data(), piece.size(), lines_) != nullptr) {
        line += piece.data();
        if (!line.ends_with('\n')) continue;
        take(line, clock::now());
        line.clear();
    }
}

void api_watcher::take(const std::string& line, clock::time_point when) {
    const boost::json::value event = boost::json::parse(line);
    std::map<std::string, clock::time_point> ready;
    const boost::json::value& entries = event.at("object").at("endpoints");
    const std::lock_guard lock(mutex_);
    if (entries.is_array()) {
        for (const boost::json::value& entry : entries.get_array()) {
            if (!entry.at("conditions").at("ready").as_bool()) continue;
            const std::string address(entry.at("addresses").at(0).as_string());
            const auto known = ready_.find(address);
            ready.emplace(address, known == ready_.end() ? when : known->second);
        }
    }
    ready_ = std::move(ready);
}

}  // namespace podpool::test
