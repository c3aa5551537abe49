// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace podpool::test {

/// Runs the Docker client; returns what it prints. Throws std::runtime_error with its words.
std::string docker(const std::vector<std::string>& arguments);

/// The network of one run of the container tests. tests/docker/suite.sh makes it, starts the test program in
/// a container on it, and removes whatever carries the run's label when that has ended, however it ended.
class container_network {
public:
    /// Whether this program runs in such a container; if not, `why` says so.
    static bool available(std::string& why);
    /// The network that suite.sh has named in the environment.
    static container_network& of_this_run();

    /// The name of the network, of the label's value and the beginning of the volumes' names.
    [[nodiscard]] const std::string& name() const { return name_; }
    /// What everything that a test makes must carry: `podpool.test=NAME`.
    [[nodiscard]] std::string label() const { return "podpool.test=" + name_; }
    /// An address that no container of this run has had so far.
    std::string new_address();

private:
    explicit container_network(std::string name);

    std::string name_;
    std::string prefix_;  // of the addresses: `10.213.7.`
    int last_ = 19;       // below are the gateway's, the test program's and what Docker gives away by itself
};

/// One container on the network of this run; it is removed with the object.
///
/// Functions throw std::runtime_error with what Docker says. Thread safety: one thread at a time.
class container {
public:
    /// Creates it, with an address of its own; start() starts it. `options` are docker's, `arguments` the
    /// program's.
    container(const std::string& image, const std::vector<std::string>& options,
              const std::vector<std::string>& arguments);
    container(const container&) = delete;
    container& operator=(const container&) = delete;
    ~container();

    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] const std::string& address() const { return address_; }

    void start();
    /// Asks the program to end and waits until it has.
    void stop();
    /// SIGKILL for all its processes; its address is nobody's until it starts again.
    void kill9();
    /// Freezes its processes: the kernel accepts connections, nobody answers.
    void pause();
    void resume();
    /// Started and neither stopped nor killed since.
    [[nodiscard]] bool running() const { return running_; }

    /// Takes the network away: packets to it and from it are lost.
    void disconnect();
    /// Gives the network back, with this address, and this name in Docker's DNS or none.
    void connect(const std::string& address, const std::string& name);

    /// What its program has printed so far.
    [[nodiscard]] std::string log() const;
    /// Runs a program inside; returns what it prints.
    std::string run(const std::vector<std::string>& command) const;
    /// Puts a file of this machine into it.
    void put(const std::string& file, const std::string& path) const;

private:
    std::string id_;
    std::string address_;
    bool running_ = false;
    bool paused_ = false;
};

}  // namespace podpool::test
