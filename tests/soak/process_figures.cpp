// SPDX-License-Identifier: BSL-1.0
#include "process_figures.hpp"

#include "support/child_process.hpp"

#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <sstream>

namespace podpool::soak {

namespace {

std::size_t entries(const char* directory) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

}  // namespace

process_figures process_figures::now() {
    process_figures found;
    // One of them is the iterator's own.
    found.descriptors = entries("/proc/self/fd") - 1;
    found.threads = entries("/proc/self/task");
    std::istringstream pages(test::read_text("/proc/self/statm"));
    std::size_t all = 0;
    std::size_t resident = 0;
    pages >> all >> resident;
    found.resident_bytes = resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return found;
}

}  // namespace podpool::soak
