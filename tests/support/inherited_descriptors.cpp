// SPDX-License-Identifier: BSL-1.0
#include "inherited_descriptors.hpp"

#include "child_process.hpp"

#include <fcntl.h>

#include <chrono>
#include <filesystem>
#include <thread>

namespace podpool::test {

namespace fs = std::filesystem;

std::map<int, std::string> inheritable_descriptors(pid_t process) {
    std::map<int, std::string> found;
    std::error_code gone;
    const fs::path directory = "/proc/" + std::to_string(process);
    for (const auto& entry : fs::directory_iterator(directory / "fdinfo", gone)) {
        const std::string number = entry.path().filename().string();
        const std::string text = read_text(entry.path().string());
        const std::string key = "flags:\t";
        const std::size_t at = text.find(key);
        if (at == std::string::npos) continue;
        const unsigned long flags = std::stoul(text.substr(at + key.size()), nullptr, 8);
        const fs::path what = fs::read_symlink(directory / "fd" / number, gone);
        if (!gone && (flags & O_CLOEXEC) == 0) found[std::stoi(number)] = what.string();
    }
    return found;
}

std::map<int, std::string> further_inheritable_descriptors(pid_t process,
                                                           const std::map<int, std::string>& before) {
    const auto look = [&] {
        auto found = inheritable_descriptors(process);
        for (const auto& [number, what] : before) {
            const auto known = found.find(number);
            if (known != found.end() && known->second == what) found.erase(known);
        }
        return found;
    };
    auto found = look();
    if (found.empty()) return found;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const auto still = look();
    std::erase_if(found, [&](const auto& one) {
        const auto again = still.find(one.first);
        return again == still.end() || again->second != one.second;
    });
    return found;
}

}  // namespace podpool::test
