// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace podpool::detail {

/// A Service, in whatever way its host name was written.
struct service_name {
    std::string name;
    /// Nothing: the pod's own.
    std::optional<std::string> in_namespace;

    friend bool operator==(const service_name&, const service_name&) = default;
};

/// Takes a host name apart: `db`, `db.prod`, `db.prod.svc` or `db.prod.svc.cluster.local`, whatever the
/// cluster's domain is, with or without a dot at the end, in any case (names in DNS have none; Kubernetes'
/// own are in lower case, and so is the result). Throws podpool::error (errc::invalid_options) that names the
/// host and what was expected.
service_name parse_service_name(std::string_view host);

/// Whether a namespace or, from Kubernetes 1.34 on, a Service may have this name: a label of RFC 1123, in
/// lower case.
bool is_kubernetes_label(std::string_view text);

}  // namespace podpool::detail
