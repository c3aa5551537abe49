// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "control_plane.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::test {

/// A Kubernetes namespace with a ServiceAccount `app` that may list and watch EndpointSlices in it and
/// nothing else, with a file that holds its token. No other object of this program has a namespace of the
/// same name.
///
/// It is what a kubelet is, too: it says what becomes of pods. Objects stay in the control plane when it
/// goes. Functions throw std::runtime_error. Thread safety: one thread at a time.
class application_namespace {
public:
    /// The control plane must outlive the object.
    explicit application_namespace(control_plane& plane);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& token_file() const { return token_file_; }

    /// Makes a pod that is running and ready, on a node that make_node() made. The Services of add_service()
    /// select it if its label `app` is `db`.
    void add_pod(const std::string& pod, const std::string& address, const std::string& node = "node-a",
                 const std::string& app = "db");
    /// Says whether a pod's readiness probe passes.
    void set_ready(const std::string& pod, bool ready);
    /// Deletes a pod as a user does: it is terminating until remove_pod().
    void terminate(const std::string& pod);
    /// Deletes a pod at once, as a kubelet does in the end.
    void remove_pod(const std::string& pod);

    /// Makes a Service of the pods, with a cluster IP: its port is 5432, theirs is `pod_port`. `more` is what
    /// its `spec` has besides or instead.
    void add_service(const std::string& service, std::uint16_t pod_port, boost::json::object more = {});
    /// Deletes a Service. Its slices are still there, until collect_slices() or a Service of the same name
    /// comes.
    void remove_service(const std::string& service);
    /// Deletes the slices of a Service that is gone, as the garbage collector does, which doesn't run here.
    void collect_slices(const std::string& service);
    /// Makes a Service that selects nothing.
    void add_service_without_selector(const std::string& service, std::uint16_t pod_port);
    /// Makes a slice by hand for a Service. An address has no pod.
    void add_slice(const std::string& slice, const std::string& service,
                   const std::vector<std::string>& addresses, std::uint16_t pod_port);
    void remove_slice(const std::string& slice);
    /// Makes an object of the former kind Endpoints, which the controller mirrors in a slice.
    void add_endpoints(const std::string& service, const std::vector<std::string>& addresses,
                       std::uint16_t pod_port);
    /// The slices of a Service, as the API server has them.
    [[nodiscard]] boost::json::array slices(const std::string& service);

    /// Gives the ServiceAccount its role, and takes it away.
    void grant();
    void revoke();
    /// Puts a new token into the file, with the rename that a kubelet does; of `pod`: one that is void when
    /// it is gone.
    void renew_token(const std::string& pod = {});

    /// Makes a node in a zone, for all namespaces.
    static void make_node(control_plane& plane, const std::string& node, const std::string& zone);

private:
    [[nodiscard]] std::string path(std::string_view collection) const;
    [[nodiscard]] std::string pod_path(const std::string& pod) const;
    void set_status(const std::string& pod, const std::string& address, bool ready);

    control_plane& plane_;
    std::string name_;
    std::string token_file_;
};

}  // namespace podpool::test
