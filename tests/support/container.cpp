// SPDX-License-Identifier: BSL-1.0
#include "container.hpp"

#include "child_process.hpp"

#include <cstdlib>
#include <stdexcept>

namespace podpool::test {

namespace {

constexpr const char* run_variable = "PODPOOL_TEST_NETWORK";

std::string run_name() {
    const char* name = std::getenv(run_variable);
    return name == nullptr ? "" : name;
}

std::string without_newline(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

}  // namespace

std::string docker(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{"docker"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_child(command);
}

bool container_network::available(std::string& why) {
    if (!run_name().empty()) return true;
    why = std::string("not in a container of a run of its own: ") + run_variable +
          " isn't set; ./dev test --docker does that";
    return false;
}

container_network& container_network::of_this_run() {
    static container_network network(run_name());
    return network;
}

container_network::container_network(std::string name) : name_(std::move(name)) {
    const std::string subnet = without_newline(
        docker({"network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", name_}));
    const std::size_t end = subnet.rfind(".0/24");
    if (end == std::string::npos) {
        throw std::runtime_error("the network " + name_ + " has the addresses " + subnet +
                                 "; expected a.b.c.0/24");
    }
    prefix_ = subnet.substr(0, end + 1);
}

std::string container_network::new_address() {
    constexpr int most = 250;
    if (last_ >= most) throw std::runtime_error("the network " + name_ + " has no address left");
    return prefix_ + std::to_string(++last_);
}

container::container(const std::string& image, const std::vector<std::string>& options,
                     const std::vector<std::string>& arguments)
    : address_(container_network::of_this_run().new_address()) {
    const container_network& network = container_network::of_this_run();
    std::vector<std::string> command{"create",       "--label", network.label(), "--network",
                                     network.name(), "--ip",    address_};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(image);
    command.insert(command.end(), arguments.begin(), arguments.end());
    id_ = without_newline(docker(command));
}

container::~container() {
    try {
        docker({"rm", "--force", "--volumes", id_});
    } catch (const std::exception&) {
        // suite.sh removes what carries the label.
        return;
    }
}

void container::start() {
    docker({"start", id_});
    running_ = true;
}

void container::stop() {
    if (paused_) resume();
    docker({"stop", "--time", "60", id_});
    running_ = false;
}

void container::kill9() {
    docker({"kill", id_});
    // Docker takes the address away when the processes are gone.
    docker({"wait", id_});
    running_ = paused_ = false;
}

void container::pause() {
    // A busy machine may fail to freeze all processes at once; they run on then.
    constexpr int most = 5;
    for (int attempt = 1;; ++attempt) {
        try {
            docker({"pause", id_});
            break;
        } catch (const std::runtime_error&) {
            if (attempt == most) throw;
        }
    }
    paused_ = true;
}

void container::resume() {
    if (!paused_) return;
    docker({"unpause", id_});
    paused_ = false;
}

void container::disconnect() {
    docker({"network", "disconnect", container_network::of_this_run().name(), id_});
}

void container::connect(const std::string& address, const std::string& name) {
    std::vector<std::string> command{"network", "connect", "--ip", address};
    if (!name.empty()) command.insert(command.end(), {"--alias", name});
    command.insert(command.end(), {container_network::of_this_run().name(), id_});
    docker(command);
    address_ = address;
}

std::string container::log() const { return docker({"logs", id_}); }

std::string container::run(const std::vector<std::string>& command) const {
    std::vector<std::string> words{"exec", id_};
    words.insert(words.end(), command.begin(), command.end());
    return docker(words);
}

void container::put(const std::string& file, const std::string& path) const {
    docker({"cp", "--quiet", file, id_ + ":" + path});
}

}  // namespace podpool::test
