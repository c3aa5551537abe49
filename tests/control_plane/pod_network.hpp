// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace podpool::test {

/// A network namespace for this process in which servers of its own can be pods: an EndpointSlice refuses
/// addresses of loopback, and here 10.77.1.0/24 is this machine's, too.
///
/// Thread safety: one thread at a time.
class pod_network {
public:
    /// Moves the calling thread, and the threads and programs that it starts later, into the namespace.
    pod_network();
    pod_network(const pod_network&) = delete;
    pod_network& operator=(const pod_network&) = delete;
    ~pod_network() = default;  // the namespace goes with its last process

    [[nodiscard]] bool available() const { return why_not_.empty(); }
    /// Why there is none; empty: we are in it.
    [[nodiscard]] const std::string& why_not() const { return why_not_; }

    /// The first three numbers of the pods' addresses.
    static constexpr const char* pods = "10.77.1";
    /// An address that isn't a pod's, for the machine itself.
    static constexpr const char* host = "10.77.0.1";
    /// The addresses that a server's rules of access let in.
    static constexpr const char* range = "10.77.0.0/16";

private:
    std::string why_not_;
};

}  // namespace podpool::test
