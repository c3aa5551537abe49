// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "loopback_network.hpp"
#include "server_directory.hpp"
#include "server_process.hpp"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace podpool::test {

/// A real DNS server (Knot) on a loopback address and port of its own, with one zone that can be changed
/// while it runs.
///
/// It runs as the calling user; process and directory go with the object, also when the calling process
/// dies. Every function throws std::runtime_error, with the server's log, when the server doesn't do what
/// is asked within 60 s. Thread safety: one thread at a time.
class real_dns_server {
public:
    /// Starts the server; returns when it answers. `zone`: every name in use must end with it.
    explicit real_dns_server(std::string zone = "cluster.local");
    real_dns_server(const real_dns_server&) = delete;
    real_dns_server& operator=(const real_dns_server&) = delete;
    ~real_dns_server();

    /// Whether this machine has the server; if not, `why` says what is missing.
    static bool available(std::string& why);

    /// What `pool_dns_servers` takes: `127.x.y.53:port`.
    [[nodiscard]] std::string address() const;

    /// Replaces the A and AAAA records of an absolute name (no dot at the end) in one step; without any, the
    /// name doesn't exist. Returns when the server answers with them. May be called while it is stopped.
    void set_records(const std::string& name, const std::vector<std::string>& addresses,
                     std::chrono::seconds ttl = std::chrono::seconds(5));

    /// The same with lines of a zone file behind the name, such as `5 SRV 0 1 5432 pod-1.db.cluster.local.`
    void set_lines(const std::string& name, const std::vector<std::string>& lines);

    /// Stops the server; a stopped one refuses connections. Returns when it is gone. Idempotent.
    void stop();
    /// Starts it again on the same address and port. Idempotent.
    void start();
    [[nodiscard]] bool running() const { return process_.running(); }

private:
    void write_configuration() const;
    void write_zone();
    void wait_until_ready();
    [[nodiscard]] std::vector<std::string> control(std::vector<std::string> command) const;
    [[nodiscard]] std::string log_text() const;

    std::string zone_;
    loopback_network network_;
    server_directory root_;
    std::string directory_;
    std::string ip_;
    std::map<std::string, std::vector<std::string>> records_;
    unsigned serial_ = 0;
    server_process process_;
};

}  // namespace podpool::test
