// SPDX-License-Identifier: BSL-1.0
#include "thread_signals.hpp"

#include "child_process.hpp"
#include "wait_for.hpp"

#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>

namespace podpool::test {

std::map<pid_t, std::uint64_t> blocked_signals_of(pid_t process) {
    std::map<pid_t, std::uint64_t> found;
    std::error_code gone;
    const std::string directory = "/proc/" + std::to_string(process) + "/task";
    for (const auto& thread : std::filesystem::directory_iterator(directory, gone)) {
        const std::string status = read_text(thread.path().string() + "/status");
        const std::string key = "SigBlk:\t";
        const std::size_t at = status.find(key);
        if (at == std::string::npos) continue;
        found[std::stoi(thread.path().filename().string())] =
            std::stoull(status.substr(at + key.size()), nullptr, 16);
    }
    return found;
}

std::uint64_t all_but_faults() {
    std::uint64_t mask = ~std::uint64_t{0};
    const auto clear = [&](int signal) { mask &= ~(std::uint64_t{1} << (signal - 1)); };
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) clear(fault);
    // The kernel lets nobody block these, and the C library needs the first two real-time signals.
    for (const int never : {SIGKILL, SIGSTOP, 32, 33}) clear(never);
    return mask;
}

std::string further_threads_that_take_signals(pid_t process, const std::map<pid_t, std::uint64_t>& known,
                                              std::size_t least) {
    std::ostringstream wrong;
    const bool right = wait_for([&] {
        wrong.str({});
        std::size_t further = 0;
        bool all = true;
        for (const auto& [thread, blocked] : blocked_signals_of(process)) {
            if (known.contains(thread)) continue;
            ++further;
            if (blocked == all_but_faults()) continue;
            all = false;
            wrong << "thread " << thread << " of " << process << " blocks " << std::hex << blocked << std::dec
                  << "; ";
        }
        return all && further >= least;
    });
    return right ? std::string() : wrong.str() + "expected " + std::to_string(least) + " others at least";
}

}  // namespace podpool::test
