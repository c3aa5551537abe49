// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/permission_hint.hpp"

#include "discovery/kubernetes/service_name.hpp"

namespace podpool::detail {
namespace {

/// `NAMESPACE:NAME` of the account in the message, or what to put there. The text comes from afar and goes
/// into a shell: it is used only if both are names in Kubernetes.
std::string account_in(std::string_view message) {
    constexpr std::string_view before = "system:serviceaccount:";
    constexpr const char* unknown = "NAMESPACE:SERVICEACCOUNT";
    const std::size_t begin = message.find(before);
    if (begin == std::string_view::npos) return unknown;
    const std::string_view rest = message.substr(begin + before.size());
    const std::string_view account = rest.substr(0, rest.find('"'));
    const std::size_t colon = account.find(':');
    if (colon == std::string_view::npos) return unknown;
    const bool named =
        is_kubernetes_label(account.substr(0, colon)) && is_kubernetes_label(account.substr(colon + 1));
    return named ? std::string(account) : unknown;
}

}  // namespace

std::string permission_hint(const api_status& refusal, std::string_view in_namespace) {
    const std::string kubectl = "kubectl --namespace " + std::string(in_namespace) + " create ";
    return kubectl + "role podpool --verb=list,watch --resource=endpointslices.discovery.k8s.io; " + kubectl +
           "rolebinding podpool --role=podpool --serviceaccount=" + account_in(refusal.message);
}

}  // namespace podpool::detail
