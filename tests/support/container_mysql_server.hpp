// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "container_server.hpp"
#include "mysql_session.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace podpool::test {

/// MySQL or MariaDB in a container, with the functions of a mysql_server. Which of the two,
/// mysql_flavour::chosen() says.
class container_mysql_server final : public container_server {
public:
    explicit container_mysql_server(const container_plan& plan) : container_server(plan) {}

    static container_plan plan(const container_settings& settings);
    /// Lets the tests in as the administrator `admin`.
    void prepare();

    /// Runs statements separated by `;` as the administrator; returns the first cell of the last result, or
    /// nothing.
    std::string sql(const std::string& statements, const std::string& database = "mysql");
    std::size_t sessions(std::string_view program_name = {});
    std::size_t connection_attempts();
    /// Gives the user `app` another password.
    void set_password(const std::string& password);
    /// Ends disconnect() with another address, and restarts the server: its certificate holds the address
    /// that it had when it started.
    void move_to(const std::string& address);
    /// Makes a replica a primary that takes writes and follows nobody.
    void promote();

private:
    mysql_session& admin(const std::string& database);
    void forget_sessions() override { admin_.reset(); }

    std::optional<mysql_session> admin_;
};

}  // namespace podpool::test
