// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "child_process.hpp"
#include "container_server.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace podpool::test {

/// Database servers in containers as pods, with the functions of a postgres_cluster or a mysql_cluster.
///
/// `Server` is a container_server with `container_plan plan(settings)` for its image, `prepare()` for a new
/// primary's first data, and what the scenarios need.
template <class Server>
class container_cluster {
public:
    explicit container_cluster(container_settings settings = {}) : settings_(std::move(settings)) {}

    static bool available(std::string& why) { return container_network::available(why); }

    /// Starts a further server with the same data; it knows nothing of the others.
    Server& add_primary() {
        container_plan plan = Server::plan(settings_);
        plan.image = prepared_image();
        return add(plan);
    }
    /// The same, but with the certificates of another authority: a server of another service.
    std::unique_ptr<Server> make_stranger() const {
        container_plan plan = Server::plan(settings_);
        plan.image = prepared_image();
        plan.secrets += "-other";
        return std::make_unique<Server>(plan);
    }
    /// Starts a replica of a running primary, which clones it.
    Server& add_replica(const Server& primary) {
        container_plan plan = Server::plan(settings_);
        plan.primary = primary.address();
        return add(plan);
    }

    [[nodiscard]] const std::vector<std::unique_ptr<Server>>& servers() const { return servers_; }
    [[nodiscard]] std::uint16_t port() const { return Server::plan(settings_).port; }
    [[nodiscard]] static std::string user() { return Server::user(); }
    [[nodiscard]] static std::string password() { return Server::password(); }
    [[nodiscard]] static std::string database() { return Server::database(); }

private:
    Server& add(const container_plan& plan) {
        servers_.push_back(std::make_unique<Server>(plan));
        servers_.back()->start();
        return *servers_.back();
    }

    /// The image with a primary's data: making them takes long, so it is done once.
    static const std::string& prepared_image() {
        static const std::string image = [] {
            Server first(Server::plan({}));
            first.start();
            first.prepare();
            first.stop();
            return first.keep_as_image();
        }();
        return image;
    }

    container_settings settings_;
    std::vector<std::unique_ptr<Server>> servers_;
};

/// Docker's own DNS, which every container of a network asks, with the functions of a real_dns_server. It
/// names running containers only.
template <class Server>
class embedded_dns {
public:
    explicit embedded_dns(const container_cluster<Server>& named) : named_(named) {}
    embedded_dns(const embedded_dns&) = delete;
    embedded_dns& operator=(const embedded_dns&) = delete;
    ~embedded_dns() {
        try {
            start();
        } catch (const std::exception&) {
            // It ends with the container of the test program.
            return;
        }
    }

    static bool available(std::string& /*why*/) { return true; }

    [[nodiscard]] static std::string address() { return "127.0.0.11:53"; }

    void set_records(const std::string& name, const std::vector<std::string>& addresses) {
        for (const auto& server : named_.servers()) {
            const bool listed =
                std::find(addresses.begin(), addresses.end(), server->address()) != addresses.end();
            server->publish(listed ? name : "");
        }
    }

    /// From now on it doesn't answer: every packet to it is dropped.
    void stop() {
        if (stopped_) return;
        run_child({"nft",
                   "add table ip podpool_test; add chain ip podpool_test silence { type filter hook input "
                   "priority 0; }; add rule ip podpool_test silence ip daddr 127.0.0.11 drop"});
        stopped_ = true;
    }
    void start() {
        if (!stopped_) return;
        run_child({"nft", "delete table ip podpool_test"});
        stopped_ = false;
    }

private:
    const container_cluster<Server>& named_;
    bool stopped_ = false;
};

}  // namespace podpool::test
