// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/coroutine_load.hpp"
#include "cli/database.hpp"
#include "cli/thread_load.hpp"

#include <utility>

namespace podpool::cli {

/// The database of one driver; each driver's is compiled in a file of its own.
template <class Driver>
class driver_database final : public database {
public:
    explicit driver_database(const options& settings) : settings_(settings), driver_(settings) {}

    [[nodiscard]] const options& settings() const override { return settings_; }
    [[nodiscard]] std::string label() const override { return driver_.label(); }
    [[nodiscard]] std::map<std::string, std::string> parameters() const override {
        return driver_.parameters();
    }
    [[nodiscard]] std::unique_ptr<discovery_source> discover(
        boost::asio::any_io_executor executor) const override {
        return driver_.discover(std::move(executor));
    }

    [[nodiscard]] boost::asio::awaitable<probe> try_open(endpoint_info where) const override {
        const auto answer = co_await driver_.open(std::move(where));
        probe seen;
        seen.why = answer.why;
        if (answer.connection) {
            seen.opened = true;
            seen.facts = {std::string(to_string(answer.connection->role())),
                          answer.connection->server_version(), answer.connection->tls_version()};
        }
        co_return seen;
    }

    [[nodiscard]] std::unique_ptr<load> start_load(const load_request& request) const override {
        if (request.coroutines) return std::make_unique<coroutine_load<Driver>>(settings_, request);
        return std::make_unique<thread_load<Driver>>(settings_, request);
    }

private:
    options settings_;
    Driver driver_;
};

}  // namespace podpool::cli
