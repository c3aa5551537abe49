// SPDX-License-Identifier: BSL-1.0
#include "application_namespace.hpp"

#include "pod_network.hpp"
#include "support/child_process.hpp"

#include <boost/json/array.hpp>

#include <filesystem>
#include <utility>

namespace podpool::test {

namespace {

namespace json = boost::json;

constexpr const char* account = "app";
constexpr const char* role = "podpool";
/// When everything here has happened, for Kubernetes: it only has to be a time.
constexpr const char* some_time = "2026-01-01T00:00:00Z";

constexpr std::string_view pods = "/api/v1/namespaces/*/pods";
constexpr std::string_view services = "/api/v1/namespaces/*/services";
constexpr std::string_view endpoints = "/api/v1/namespaces/*/endpoints";
constexpr std::string_view accounts = "/api/v1/namespaces/*/serviceaccounts";
constexpr std::string_view endpoint_slices = "/apis/discovery.k8s.io/v1/namespaces/*/endpointslices";
constexpr std::string_view roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/*/roles";
constexpr std::string_view bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/*/rolebindings";
constexpr const char* of_service = "?labelSelector=kubernetes.io%2Fservice-name%3D";

std::string new_name() {
    static int last = 0;
    return "case-" + std::to_string(++last);
}

json::object named(const std::string& name) { return {{"metadata", json::object{{"name", name}}}}; }

/// A list of one: braces alone might mean a copy.
json::array list_of(json::value only) {
    json::array list;
    list.push_back(std::move(only));
    return list;
}

json::array ports_of_pods(std::uint16_t port) {
    return list_of(json::object{{"name", "postgres"}, {"protocol", "TCP"}, {"port", port}});
}

json::object condition(const char* type, bool holds) {
    return {{"type", type}, {"status", holds ? "True" : "False"}, {"lastTransitionTime", some_time}};
}

}  // namespace

application_namespace::application_namespace(control_plane& plane)
    : plane_(plane), name_(new_name()), token_file_(plane.directory() + "/token-" + name_) {
    plane_.api().create("/api/v1/namespaces", named(name_));
    plane_.api().create(path(accounts), named(account));
    json::object rights = named(role);
    rights["rules"] = list_of(json::object{{"apiGroups", list_of("discovery.k8s.io")},
                                           {"resources", list_of("endpointslices")},
                                           {"verbs", json::array{"list", "watch"}}});
    plane_.api().create(path(roles), rights);
    grant();
    renew_token();
}

void application_namespace::add_pod(const std::string& pod, const std::string& address,
                                    const std::string& node, const std::string& app) {
    const json::object metadata{{"name", pod}, {"labels", json::object{{"app", app}}}};
    const json::object container{{"name", "db"}, {"image", "none"}};
    const json::object spec{{"nodeName", node},
                            {"serviceAccountName", account},
                            {"automountServiceAccountToken", false},
                            {"containers", list_of(container)}};
    plane_.api().create(path(pods), json::object{{"metadata", metadata}, {"spec", spec}});
    set_status(pod, address, true);
}

void application_namespace::set_ready(const std::string& pod, bool ready) {
    const json::value known = plane_.api().get(pod_path(pod));
    set_status(pod, std::string(known.at("status").at("podIP").as_string()), ready);
}

void application_namespace::set_status(const std::string& pod, const std::string& address, bool ready) {
    const json::object status{
        {"phase", "Running"},
        {"podIP", address},
        {"podIPs", list_of(json::object{{"ip", address}})},
        {"hostIP", pod_network::host},
        {"startTime", some_time},
        {"conditions", json::array{condition("Ready", ready), condition("ContainersReady", ready)}}};
    plane_.api().patch(pod_path(pod) + "/status", json::object{{"status", status}});
}

void application_namespace::terminate(const std::string& pod) {
    plane_.api().remove(pod_path(pod), json::object{{"gracePeriodSeconds", 600}});
}

void application_namespace::remove_pod(const std::string& pod) {
    plane_.api().remove(pod_path(pod), json::object{{"gracePeriodSeconds", 0}});
}

void application_namespace::add_service(const std::string& service, std::uint16_t pod_port,
                                        json::object more) {
    json::object spec{
        {"selector", json::object{{"app", "db"}}},
        {"ports", list_of(json::object{{"name", "postgres"}, {"port", 5432}, {"targetPort", pod_port}})}};
    for (const auto& one : more) spec[one.key()] = one.value();
    json::object object = named(service);
    object["spec"] = std::move(spec);
    plane_.api().create(path(services), object);
}

void application_namespace::add_service_without_selector(const std::string& service, std::uint16_t pod_port) {
    add_service(service, pod_port, {{"selector", nullptr}});
}

void application_namespace::remove_service(const std::string& service) {
    plane_.api().remove(path(services) + "/" + service);
}

void application_namespace::collect_slices(const std::string& service) {
    plane_.api().remove(path(endpoint_slices) + of_service + service);
}

void application_namespace::add_slice(const std::string& slice, const std::string& service,
                                      const std::vector<std::string>& addresses, std::uint16_t pod_port) {
    json::array entries;
    for (const std::string& address : addresses) {
        entries.push_back(json::object{{"addresses", list_of(json::string(address))}});
    }
    const json::object labels{{"kubernetes.io/service-name", service}};
    plane_.api().create(path(endpoint_slices),
                        json::object{{"metadata", json::object{{"name", slice}, {"labels", labels}}},
                                     {"addressType", "IPv4"},
                                     {"endpoints", std::move(entries)},
                                     {"ports", ports_of_pods(pod_port)}});
}

void application_namespace::remove_slice(const std::string& slice) {
    plane_.api().remove(path(endpoint_slices) + "/" + slice);
}

void application_namespace::add_endpoints(const std::string& service,
                                          const std::vector<std::string>& addresses, std::uint16_t pod_port) {
    json::array entries;
    for (const std::string& address : addresses) entries.push_back(json::object{{"ip", address}});
    json::object object = named(service);
    object["subsets"] =
        list_of(json::object{{"addresses", std::move(entries)}, {"ports", ports_of_pods(pod_port)}});
    plane_.api().create(path(endpoints), object);
}

json::array application_namespace::slices(const std::string& service) {
    const json::value list = plane_.api().get(path(endpoint_slices) + of_service + service);
    return list.at("items").as_array();
}

void application_namespace::grant() {
    json::object binding = named(role);
    binding["roleRef"] =
        json::object{{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "Role"}, {"name", role}};
    binding["subjects"] =
        list_of(json::object{{"kind", "ServiceAccount"}, {"name", account}, {"namespace", name_}});
    plane_.api().create(path(bindings), binding);
}

void application_namespace::revoke() { plane_.api().remove(path(bindings) + "/" + role); }

void application_namespace::renew_token(const std::string& pod) {
    json::object spec{{"expirationSeconds", 3600}};
    if (!pod.empty()) {
        const json::value known = plane_.api().get(pod_path(pod));
        spec["boundObjectRef"] = json::object{
            {"kind", "Pod"}, {"apiVersion", "v1"}, {"name", pod}, {"uid", known.at("metadata").at("uid")}};
    }
    const json::value made = plane_.api().create(path(accounts) + "/" + account + "/token",
                                                 json::object{{"spec", std::move(spec)}});
    write_text(token_file_ + ".new", std::string(made.at("status").at("token").as_string()));
    std::filesystem::rename(token_file_ + ".new", token_file_);
}

void application_namespace::make_node(control_plane& plane, const std::string& node,
                                      const std::string& zone) {
    const json::object labels{{"topology.kubernetes.io/zone", zone}, {"kubernetes.io/hostname", node}};
    plane.api().create("/api/v1/nodes",
                       json::object{{"metadata", json::object{{"name", node}, {"labels", labels}}}});
}

std::string application_namespace::path(std::string_view collection) const {
    std::string result(collection);
    return result.replace(result.find('*'), 1, name_);
}

std::string application_namespace::pod_path(const std::string& pod) const { return path(pods) + "/" + pod; }

}  // namespace podpool::test
