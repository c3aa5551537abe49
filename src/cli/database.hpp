// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/load.hpp"

#include <podpool/discovery_source.hpp>
#include <podpool/endpoint_info.hpp>
#include <podpool/failure.hpp>
#include <podpool/options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <string>

namespace podpool::cli {

/// What one session says of its server.
struct session_facts {
    std::string role;
    std::string server_version;
    std::string tls;  ///< the protocol in use; empty without TLS
};

/// Facts about a session that was opened, or why there is none.
struct probe {
    bool opened = false;
    session_facts facts;
    failure why;
};

/// A connection string with the driver that it is for: what the verbs need of either kind of database.
class database {
public:
    database() = default;
    database(const database&) = delete;
    database& operator=(const database&) = delete;
    virtual ~database() = default;

    [[nodiscard]] virtual const options& settings() const = 0;
    [[nodiscard]] virtual std::string label() const = 0;
    /// The driver's parameters; a password's value is `***`.
    [[nodiscard]] virtual std::map<std::string, std::string> parameters() const = 0;
    /// Throws podpool::error (errc::invalid_options) when the hosts can't be looked up as asked.
    [[nodiscard]] virtual std::unique_ptr<discovery_source> discover(
        boost::asio::any_io_executor executor) const = 0;
    /// Opens one connection, asks it for its facts and closes it. Cancellation: terminal.
    [[nodiscard]] virtual boost::asio::awaitable<probe> try_open(endpoint_info where) const = 0;
    /// Makes a pool and starts the clients. Throws podpool::error (errc::invalid_options).
    [[nodiscard]] virtual std::unique_ptr<load> start_load(const load_request& request) const = 0;
};

std::unique_ptr<database> make_postgres(const options& settings);
std::unique_ptr<database> make_mysql(const options& settings);

}  // namespace podpool::cli
