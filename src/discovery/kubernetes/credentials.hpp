// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/api_access.hpp"
#include "discovery/kubernetes/pod_environment.hpp"
#include "discovery/kubernetes/service_name.hpp"

#include <podpool/secret.hpp>

#include <string>

namespace podpool::detail {

/// The options that say where the API server is; empty ones weren't given.
struct access_options {
    /// `pool_kubernetes_api`: `https://HOST[:PORT][/PATH]`, or the same with http for an address of this
    /// machine.
    std::string api;
    /// `pool_kubernetes_token_file`
    std::string token_file;
    /// `pool_kubernetes_ca_file`
    std::string ca_file;
};

/// The server to ask: that of the pod's own cluster, with the token and the certificates of its
/// ServiceAccount, unless the options name others. The pod's own token goes to its own cluster only, so with
/// another server there is a token only if the options name its file; over http there is none. Throws
/// podpool::error (errc::invalid_options) that says what is missing or wrong.
api_access choose_access(const access_options& options, const pod_environment& environment);

/// The namespace of a Service: its own, else the pod's, which is read from its file.
/// Throws podpool::error (errc::invalid_options) if neither is known.
std::string choose_namespace(const service_name& service, const pod_environment& environment);

/// What a file held, or why it can't be used: a line that names the file and nothing of its text.
struct file_text {
    secret text;
    std::string problem;
};

/// Reads a token without the white space around it. To be called before each request, since the kubelet
/// replaces the file long before the token in it expires; it is opened, read and closed, and takes no lock.
file_text read_token(const std::string& path);

/// Reads certificates in PEM.
file_text read_certificates(const std::string& path);

}  // namespace podpool::detail
