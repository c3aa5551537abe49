// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace podpool::test {

/// A temporary directory in which servers keep their data. It goes with the object and, with the servers
/// that still run in it, also when the calling process dies.
class server_directory {
public:
    struct settings {
        /// Name of the directory under TMPDIR; random letters follow.
        std::string prefix;
        /// Who runs the servers and owns the directory, if we are root; empty: we do.
        std::string user;
        /// Name of the file in a server's directory whose first line is its process id.
        std::string pid_file;
        /// What ends a server at once, as kill names it.
        std::string signal;
    };

    /// Throws std::runtime_error.
    explicit server_directory(const settings& wanted);
    server_directory(const server_directory&) = delete;
    server_directory& operator=(const server_directory&) = delete;
    /// Servers must have ended.
    ~server_directory();

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
    int watcher_pipe_ = -1;
};

}  // namespace podpool::test
