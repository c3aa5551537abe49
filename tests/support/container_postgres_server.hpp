// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "container_server.hpp"
#include "postgres_session.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace podpool::test {

/// PostgreSQL in a container, with the functions of a postgres_server.
class container_postgres_server final : public container_server {
public:
    explicit container_postgres_server(const container_plan& plan);

    static container_plan plan(const container_settings& settings);
    /// Lets the tests in as the superuser `admin`.
    void prepare();

    /// Runs one statement as the superuser; returns the first cell of its result, or nothing.
    std::string sql(const std::string& statement, const std::string& database = "postgres");
    std::size_t sessions(std::string_view application_name = {});
    /// Ends disconnect() with another address. The sessions of before end first, as keep-alive would see to
    /// after a while: their clients can't be reached from there any more.
    void move_to(const std::string& address);
    /// Makes a replica a primary and waits until it is one.
    void promote();

private:
    /// Runs a statement as the superuser inside the container.
    void run_inside(const std::string& statement) const;
    void forget_sessions() override { admin_.reset(); }

    std::optional<postgres_session> admin_;
};

}  // namespace podpool::test
