// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace podpool::detail {

/// What Kubernetes gives a pod so that it finds the API server and shows who it is; tests bring one of their
/// own.
struct pod_environment {
    /// The API server's address and port; empty outside of a pod.
    std::string host;
    std::string port;
    /// The files `token`, `ca.crt` and `namespace` of the pod's ServiceAccount.
    std::string directory = "/var/run/secrets/kubernetes.io/serviceaccount";
    /// Its zone and its node, where the manifest passes them on; empty: not known.
    std::string zone;
    std::string node;
};

/// The process's own, by KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT, PODPOOL_ZONE and NODE_NAME.
pod_environment environment_of_process();

}  // namespace podpool::detail
