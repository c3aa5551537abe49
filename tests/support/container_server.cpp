// SPDX-License-Identifier: BSL-1.0
#include "container_server.hpp"

#include "wait_for.hpp"

#include <utility>

namespace podpool::test {

namespace {

constexpr std::chrono::minutes patience{3};

std::vector<std::string> options_of(const container_plan& plan) {
    const auto variable = [](const std::string& name, const std::string& value) {
        return "--env=" + name + "=" + value;
    };
    std::vector<std::string> options{
        variable("PODPOOL_ROLE", plan.primary.empty() ? "primary" : "replica"),
        variable("APP_PASSWORD", container_server::password()),
        variable("REPLICATION_PASSWORD", "replica-7f3d-pw"),
        // For the name in the certificate that a MySQL server makes itself.
        variable("SERVICE_NAME", "*.prod.svc.cluster.local"),
        "--volume=" + plan.secrets + "-server:/run/podpool/server:ro",
        "--no-healthcheck",
    };
    if (!plan.primary.empty()) options.push_back(variable("PODPOOL_PRIMARY", plan.primary));
    return options;
}

}  // namespace

container_server::container_server(const container_plan& plan)
    : container_(plan.image, options_of(plan), plan.arguments), port_(plan.port) {}

std::runtime_error container_server::problem(const std::string& what) const {
    constexpr std::size_t tail = 2000;
    const std::string text = log();
    return std::runtime_error("the server in the container at " + address() + " " + what +
                              "; its log ends:\n" +
                              (text.size() > tail ? text.substr(text.size() - tail) : text));
}

std::string container_server::run(const std::vector<std::string>& command) const {
    return container_.run(command);
}

bool container_server::is_ready() const {
    try {
        // The program of the images' own health check.
        static_cast<void>(run({"/usr/local/lib/podpool/healthy.sh"}));
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

void container_server::start() {
    if (running()) return;
    container_.start();
    if (!wait_for([this] { return is_ready(); }, patience)) throw problem("did not become ready");
}

void container_server::stop() {
    forget_sessions();
    container_.stop();
}

void container_server::restart() {
    stop();
    start();
}

void container_server::kill9() {
    forget_sessions();
    container_.kill9();
}

void container_server::publish(const std::string& name) {
    if (std::exchange(name_, name) == name) return;
    // Docker can't rename what is connected.
    forget_sessions();
    const std::string same = address();
    container_.disconnect();
    container_.connect(same, name);
}

void container_server::disconnect() {
    forget_sessions();
    container_.disconnect();
}

void container_server::reconnect(const std::string& address) { container_.connect(address, name_); }

std::string container_server::keep_as_image() const {
    // Its label lets suite.sh find it.
    std::string image =
        docker({"commit", "--change", "LABEL " + container_network::of_this_run().label(), container_.id()});
    while (!image.empty() && image.back() == '\n') image.pop_back();
    return image;
}

}  // namespace podpool::test
