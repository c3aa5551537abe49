// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/dns_refresher.hpp"

#include "probe.hpp"
#include "support/child_process.hpp"
#include "support/dns_responder.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace podpool::test {

/// A name server, system files of its own, and a refresher that uses both. The files are those of a pod of
/// the namespace `prod` on a node with a domain of its own.
struct names_fixture {
    std::string directory = make_temporary_directory("podpool-names-");
    detail::system_files files{directory + "/resolv.conf", directory + "/hosts"};
    dns_responder server;
    update_log log;
    background_context background;
    options settings = ask(server.address());
    std::shared_ptr<detail::dns_refresher> refresher;

    names_fixture() {
        settings.dns_refresh = std::chrono::seconds(1);
        write_text(files.resolv_conf,
                   "search prod.svc.cluster.local svc.cluster.local cluster.local evil.example\n"
                   "nameserver 127.0.0.1\noptions ndots:5\n");
        write_text(files.hosts, "127.0.0.1 localhost\n");
    }
    names_fixture(const names_fixture&) = delete;
    names_fixture& operator=(const names_fixture&) = delete;
    ~names_fixture() {
        if (refresher != nullptr) refresher->stop();
        background.finish();
        std::filesystem::remove_all(directory);
    }

    void start_all(const std::vector<std::string>& hosts) {
        std::vector<discovery_target> targets;
        for (const auto& host : hosts) targets.emplace_back(host, "", 5432);
        refresher = std::make_shared<detail::dns_refresher>(background.context().get_executor(), targets,
                                                            settings, files);
        refresher->start(log.listener());
    }
    void start(const std::string& host) { start_all({host}); }

    /// The next error, whatever sets come before it.
    std::string skip_to_error() {
        const auto update =
            log.skip_until([](const auto& one) { return std::holds_alternative<discovery_error>(one); });
        return std::get<discovery_error>(update).message;
    }
    /// The next set of exactly these endpoints.
    endpoint_set skip_to(const std::vector<std::string>& wanted) {
        auto update = log.skip_until([&](const auto& one) { return is_set_of(one, wanted); });
        return std::get<endpoint_set>(std::move(update));
    }

    /// The names that were asked for, in order, each once.
    [[nodiscard]] std::vector<std::string> asked_names() const {
        std::vector<std::string> result;
        for (const auto& one : server.asked()) {
            if (std::find(result.begin(), result.end(), one.name) == result.end()) result.push_back(one.name);
        }
        return result;
    }
};

}  // namespace podpool::test
