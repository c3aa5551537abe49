// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "contender.hpp"
#include "transfer.hpp"

#include <libpq-fe.h>

#include <array>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace podpool::bench {

struct close_libpq {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using libpq_connection = std::unique_ptr<PGconn, close_libpq>;

/// Opens a connection; throws std::runtime_error.
libpq_connection open_libpq(const std::string& uri);

/// What one caller says to the server for one piece of work, one statement after the other. Not copied: its
/// statements point to its own buffers.
class libpq_script {
public:
    explicit libpq_script(workload work);
    libpq_script(const libpq_script&) = delete;
    libpq_script& operator=(const libpq_script&) = delete;

    /// New values for the next piece of work.
    void draw();
    [[nodiscard]] std::size_t size() const { return statements_.size(); }
    /// Runs all of it on the calling thread. Throws std::runtime_error with what the server says.
    void run(PGconn* on) const;
    /// Sends one statement without waiting for its answer; throws if it doesn't fit into the socket.
    void send(PGconn* on, std::size_t index) const;
    /// Looks at an answer and frees it; throws std::runtime_error with what the server says.
    static void take(PGconn* from, PGresult* answer);

private:
    static constexpr std::size_t most_parameters = 4;
    using text = std::array<char, 12>;

    struct statement {
        const char* sql;
        int parameters = 0;
        std::array<const char*, most_parameters> values{};
    };

    workload work_;
    std::minstd_rand random_;
    text account_{};
    text teller_{};
    text branch_{};
    text delta_{};
    std::vector<statement> statements_;
};

}  // namespace podpool::bench
