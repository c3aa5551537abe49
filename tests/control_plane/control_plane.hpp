// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "api_administrator.hpp"
#include "support/server_directory.hpp"
#include "support/server_process.hpp"
#include "support/tls_files.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace podpool::test {

/// A real Kubernetes control plane without nodes: the store, the API server and the controllers that write
/// EndpointSlices, on loopback in a pod_network of the caller.
///
/// Its processes and files go with it, also when the test process dies. Functions throw std::runtime_error,
/// with the program's log, when it doesn't do what is asked within a minute. Thread safety: one thread at a
/// time.
class control_plane {
public:
    /// Whether the program is there, which `./dev setup kubernetes` builds; if not, `why` says so.
    static bool available(std::string& why);

    /// Starts all of it, and waits until the API server is ready.
    control_plane();
    control_plane(const control_plane&) = delete;
    control_plane& operator=(const control_plane&) = delete;
    ~control_plane();

    /// Starts the API server unless it runs, waits until it is ready, and starts the controllers anew.
    void start_api_server();
    /// SIGKILL for the API server.
    void kill_api_server();
    /// SIGTERM: it takes no connection from then on, and gives requests under way some seconds.
    void begin_stop_api_server();
    /// Waits for the end of what begin_stop_api_server() began.
    void wait_for_api_server_end();

    [[nodiscard]] api_administrator& api() { return administrator_; }
    /// The API server's URL, and the certificate of the authority that it is known by.
    [[nodiscard]] static std::string url();
    [[nodiscard]] std::string ca_file() const { return tls_.ca(); }
    /// How its administrator is known.
    [[nodiscard]] std::string client_certificate() const { return tls_.client_certificate(); }
    [[nodiscard]] std::string client_key() const { return tls_.client_key(); }
    /// A directory for the tests' own files, which goes with the object.
    [[nodiscard]] const std::string& directory() const { return directory_.path(); }

    /// How many endpoints the controllers put into one slice.
    static constexpr int endpoints_per_slice = 3;

private:
    /// One of its programs, with a directory of its own.
    struct part {
        std::string name;
        server_process process;
    };

    void start(part& which, const std::vector<std::string>& arguments);
    void write_kubeconfig() const;
    [[nodiscard]] std::string directory_of(const part& which) const;
    [[nodiscard]] std::string log_file_of(const part& which) const;
    [[nodiscard]] std::runtime_error problem(const part& which, const std::string& what) const;

    tls_files tls_;
    server_directory directory_;
    api_administrator administrator_;
    part store_{"etcd", {}};
    part api_server_{"kube-apiserver", {}};
    part controllers_{"controllers", {}};
};

}  // namespace podpool::test
