// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>

namespace podpool::detail {

/// Which API server is asked, and with what: pools for which all of it is the same can share a watch.
struct api_access {
    bool tls = true;
    /// An address literal without brackets, or a name.
    std::string host;
    std::uint16_t port = 0;
    /// What comes before `/apis`: empty, or something like `/k8s/clusters/c-1`.
    std::string path;
    /// The file whose text goes into each request; empty: none does.
    std::string token_file;
    /// The certificates that the server's must come from; empty: those that the system trusts.
    std::string ca_file;

    friend bool operator==(const api_access&, const api_access&) = default;
};

/// The server for messages, such as `https://10.96.0.1:443`.
std::string to_string(const api_access& access);

}  // namespace podpool::detail
