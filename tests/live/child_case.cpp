// SPDX-License-Identifier: BSL-1.0
#include "child_case.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace podpool::test {

std::vector<std::string> child_with(const std::string& test_case, const std::string& url) {
    return {"env", "PODPOOL_TEST_URL=" + url, std::filesystem::read_symlink("/proc/self/exe").string(),
            test_case};
}

std::string given_url() {
    const char* const url = std::getenv("PODPOOL_TEST_URL");
    if (url == nullptr) throw std::runtime_error("only another test case runs this one");
    return url;
}

std::string message_file(const std::string& name) { return std::string(std::getenv("TMPDIR")) + "/" + name; }

void tell(const std::string& name, const std::string& text) {
    write_text(message_file(name) + ".new", text);
    std::filesystem::rename(message_file(name) + ".new", message_file(name));
}

std::string told(const program& child, const std::string& name) {
    return read_text(child.scratch() + "/" + name);
}

void ask(const program& child, const std::string& name) { write_text(child.scratch() + "/" + name, "now"); }

}  // namespace podpool::test
