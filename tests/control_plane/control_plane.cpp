// SPDX-License-Identifier: BSL-1.0
#include "control_plane.hpp"

#include "pod_network.hpp"
#include "support/child_process.hpp"
#include "support/wait_for.hpp"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace podpool::test {

namespace {

constexpr std::uint16_t api_port = 6443;
constexpr const char* store_url = "http://127.0.0.1:2379";
constexpr const char* store_peer_url = "http://127.0.0.1:2380";

/// Where the program is, or would be.
std::string program() {
    std::string path = run_child({"bash", PODPOOL_GO_PROGRAM_SCRIPT, PODPOOL_CONTROL_PLANE_SOURCE, "path"});
    while (path.ends_with('\n')) path.pop_back();
    return path;
}

boost::asio::ip::tcp::endpoint api_endpoint() { return {boost::asio::ip::address_v4::loopback(), api_port}; }

/// What an administrator may do, the controllers may do: this is no test of their rights.
tls_files& with_certificates(tls_files& files) {
    files.sign("IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc");
    files.sign_client("/O=system:masters/CN=admin");
    return files;
}

}  // namespace

bool control_plane::available(std::string& why) {
    std::string found;
    if (!tls_files::available(why)) return false;
    try {
        found = program();
    } catch (const std::runtime_error& problem) {
        why = problem.what();
        return false;
    }
    if (access(found.c_str(), X_OK) == 0) return true;
    why = "there is no " + found + "; ./dev setup kubernetes builds it";
    return false;
}

control_plane::control_plane()
    : tls_("localhost"),
      directory_({"podpool-kubernetes-", "", "pid", "KILL"}),
      administrator_(api_endpoint(), with_certificates(tls_)) {
    write_kubeconfig();
    start(store_, {"--name", "test", "--data-dir", directory_of(store_) + "/data", "--unsafe-no-fsync",
                   "--log-level", "warn", "--listen-client-urls", store_url, "--advertise-client-urls",
                   store_url, "--listen-peer-urls", store_peer_url, "--initial-advertise-peer-urls",
                   store_peer_url, "--initial-cluster", std::string("test=") + store_peer_url});
    start_api_server();
}

control_plane::~control_plane() {
    // The store last: without it the others would only complain.
    for (part* one : {&controllers_, &api_server_, &store_}) {
        try {
            one->process.kill9();
        } catch (const std::runtime_error&) {
            // The directory's watcher tries once more.
            continue;
        }
    }
}

void control_plane::start_api_server() {
    if (api_server_.process.running()) return;
    start(api_server_,
          {"--etcd-servers", store_url, "--bind-address", "127.0.0.1", "--secure-port",
           std::to_string(api_port), "--advertise-address", pod_network::host, "--endpoint-reconciler-type",
           "none", "--cert-dir", directory_of(api_server_), "--tls-cert-file", tls_.server_certificate(),
           "--tls-private-key-file", tls_.server_key(), "--client-ca-file", tls_.ca(),
           "--service-account-issuer", "https://kubernetes.default.svc",
           // What signs the tokens: the same key does for a test.
           "--service-account-key-file", tls_.server_certificate(), "--service-account-signing-key-file",
           tls_.server_key(), "--authorization-mode", "RBAC", "--service-cluster-ip-range", "10.96.0.0/16",
           // It bounds how long the server takes to end after SIGTERM, too.
           "--request-timeout", "15s"});
    const bool came =
        wait_for([this] { return api_server_.process.has_ended() || administrator_.is_ready(); });
    if (!api_server_.process.running()) throw problem(api_server_, "ended while starting");
    if (!came) throw problem(api_server_, "did not become ready");
    // Those that have met an outage would pause for half a minute, and nothing would come of a new pod.
    if (controllers_.process.running()) controllers_.process.kill9();
    start(controllers_, {directory() + "/kubeconfig", std::to_string(endpoints_per_slice)});
}

void control_plane::kill_api_server() { api_server_.process.kill9(); }

void control_plane::begin_stop_api_server() { api_server_.process.ask(SIGTERM); }

void control_plane::wait_for_api_server_end() try {
    api_server_.process.wait_until_gone();
} catch (const std::runtime_error& failed) {
    throw problem(api_server_, failed.what());
}

std::string control_plane::url() { return "https://127.0.0.1:" + std::to_string(api_port); }

void control_plane::start(part& which, const std::vector<std::string>& arguments) {
    std::filesystem::create_directories(directory_of(which));
    std::vector<std::string> command{program(), which.name};
    command.insert(command.end(), arguments.begin(), arguments.end());
    which.process.start(command, log_file_of(which));
    // For the directory's watcher.
    write_text(directory_of(which) + "/pid", std::to_string(which.process.id()) + "\n");
}

void control_plane::write_kubeconfig() const {
    write_text(directory() + "/kubeconfig",
               "apiVersion: v1\nkind: Config\ncurrent-context: test\n"
               "contexts: [{name: test, context: {cluster: test, user: admin}}]\n"
               "clusters: [{name: test, cluster: {server: \"" +
                   url() + "\", certificate-authority: \"" + tls_.ca() +
                   "\"}}]\nusers: [{name: admin, user: {client-certificate: \"" + tls_.client_certificate() +
                   "\", client-key: \"" + tls_.client_key() + "\"}}]\n");
}

std::string control_plane::directory_of(const part& which) const { return directory() + "/" + which.name; }

std::string control_plane::log_file_of(const part& which) const { return directory_of(which) + "/log"; }

std::runtime_error control_plane::problem(const part& which, const std::string& what) const {
    const std::string log = read_text(log_file_of(which));
    constexpr std::size_t tail = 3000;
    return std::runtime_error(which.name + " " + what + "; its log ends:\n" +
                              (log.size() > tail ? log.substr(log.size() - tail) : log));
}

}  // namespace podpool::test
