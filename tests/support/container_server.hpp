// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "container.hpp"

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace podpool::test {

/// What the servers of a cluster have in common.
struct container_settings {
    std::size_t max_connections = 60;
    /// Further lines of the server's configuration: `name = value`.
    std::vector<std::string> configuration;
};

/// How a server of an image of docker/ is run.
struct container_plan {
    std::string image;
    std::uint16_t port = 0;
    /// The address of the primary that it follows; empty: it is a primary.
    std::string primary;
    /// The beginning of the name of the volume with its certificates.
    std::string secrets;
    /// Arguments of the server program.
    std::vector<std::string> arguments;
};

/// A database server in a container, made from an image of docker/; what both databases share.
///
/// Every function throws std::runtime_error, with the server's log, when the server doesn't do what is asked
/// within three minutes. Thread safety: one thread at a time.
class container_server {
public:
    explicit container_server(const container_plan& plan);
    container_server(const container_server&) = delete;
    container_server& operator=(const container_server&) = delete;
    virtual ~container_server() = default;

    [[nodiscard]] const std::string& address() const { return container_.address(); }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string log() const { return container_.log(); }
    [[nodiscard]] bool running() const { return container_.running(); }

    /// Starts the server and waits until it takes connections.
    void start();
    void stop();
    void restart();
    void kill9();
    void pause() { container_.pause(); }
    void resume() { container_.resume(); }

    /// Makes Docker's DNS name its address by this name, or by none.
    void publish(const std::string& name);
    /// Cuts it off from the network; publish() has no effect meanwhile.
    void disconnect();
    /// Ends disconnect(), with this address and under the name that it had.
    void reconnect(const std::string& address);

    /// Keeps what it has become as an image for others of its kind; it must be stopped. Returns the image.
    [[nodiscard]] std::string keep_as_image() const;

    /// What the images of docker/ call the application's user and its database, and what the tests give them.
    static std::string user() { return "app"; }
    static std::string password() { return "canary-7f3d-pw"; }
    static std::string database() { return "shop"; }

protected:
    static constexpr const char* admin_password = "admin-7f3d-pw";

    [[nodiscard]] std::runtime_error problem(const std::string& what) const;
    /// Runs a program in the container; returns what it prints.
    [[nodiscard]] std::string run(const std::vector<std::string>& command) const;
    void put(const std::string& file, const std::string& path) const { container_.put(file, path); }
    /// Its sessions for administration are gone, or about to go.
    virtual void forget_sessions() = 0;

private:
    [[nodiscard]] bool is_ready() const;

    container container_;
    std::uint16_t port_;
    std::string name_;
};

}  // namespace podpool::test
