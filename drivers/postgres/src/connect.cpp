// SPDX-License-Identifier: BSL-1.0
#include "errors.hpp"
#include "session.hpp"

#include <podpool/detail/ask_credentials.hpp>
#include <podpool/detail/english_texts.hpp>
#include <podpool/error.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace podpool::detail {

namespace asio = boost::asio;
using descriptor = asio::posix::stream_descriptor;

void postgres_session::begin_connect(const std::optional<credentials>& login) {
    const endpoint& to = where_.where;
    const bool socket = to.address.starts_with('/') || to.address.starts_with('@');
    // TLS compares `host` with the certificate and `hostaddr` is dialled; so libpq resolves nothing.
    std::string_view name = where_.host;
    if (name.ends_with('.')) name.remove_suffix(1);
    const std::string host(name.empty() ? std::string_view(to.address) : name);
    const std::string port = std::to_string(to.port);

    std::vector<const char*> keywords{"host", "port"};
    std::vector<const char*> values{host.c_str(), port.c_str()};
    if (!socket) {
        keywords.push_back("hostaddr");
        values.push_back(to.address.c_str());
    }
    const auto add = [&](const char* keyword, const char* value) {
        keywords.push_back(keyword);
        values.push_back(value);
    };
    if (login && !login->user.empty()) add("user", login->user.c_str());
    if (login && !login->password.empty()) add("password", login->password.reveal_c_str());
    for (const auto& [keyword, value] : settings_->parameters) {
        // libpq takes the last of those given twice.
        if (login && (keyword == "password" || (keyword == "user" && !login->user.empty()))) continue;
        add(keyword.c_str(), value.reveal_c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    const english_texts english;
    // 0: a connection string in place of a database name is only a name.
    errno = 0;
    connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 0));
    start_error_ = errno;
    if (!connection_) return;
    PQsetNoticeReceiver(connection_.get(), &postgres_session::notice, this);
    // The SQLSTATE of a failed login is only in the verbose text.
    PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
    cancel_key_.watch(connection_.get());
}

failure postgres_session::connect_failure(int system_error) const {
    if (!connection_) return {failure_kind::endpoint_down, where_text_ + ": out of memory"};
    const english_texts english;
    const std::string whole = PQerrorMessage(connection_.get());
    const std::string sqlstate = sqlstate_in(whole);
    std::string message = tidy_connect_message(whole);
    // libpq 17 has no words for a socket that couldn't be made.
    if (message.empty()) {
        message = system_error == 0 ? "no connection, and libpq gives no reason"
                                    : "no connection: " + std::generic_category().message(system_error);
    }
    // The server asked for a password, and libpq had none; with SCRAM's keys it needs none.
    const bool no_password = sqlstate.empty() && PQconnectionNeedsPassword(connection_.get()) == 1 &&
                             !settings_->shown.contains("scram_client_key");
    const failure_kind kind = no_password ? failure_kind::rejected : kind_of_connect_failure(sqlstate, whole);
    return {kind, where_text_ + ": " + message};
}

asio::awaitable<failure> postgres_session::log_in(std::shared_ptr<postgres_session> self) {
    PGconn* connection = self->connection_.get();
    PostgresPollingStatusType next =
        PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        boost::system::error_code failed;
        self->descriptor_.assign(PQsocket(connection), failed);
        if (failed) co_return self->connect_failure(failed.value());
        const auto direction = next == PGRES_POLLING_READING ? descriptor::wait_read : descriptor::wait_write;
        const auto [waited] =
            co_await self->descriptor_.async_wait(direction, asio::as_tuple(asio::use_awaitable));
        // Before libpq may close the socket and open another one with the same number.
        self->unregister();
        if (waited) throw boost::system::system_error(asio::error::operation_aborted);
        const english_texts english;
        next = PQconnectPoll(connection);
    }
    if (next != PGRES_POLLING_OK) co_return self->connect_failure(self->start_error_);
    co_return failure();
}

asio::awaitable<failure> postgres_session::connect(std::shared_ptr<postgres_session> self) {
    std::optional<credentials> login;
    failure problem = ask_credentials(self->settings_->pool, self->where_.where, login);
    if (problem) co_return problem;
    self->begin_connect(login);
    login.reset();
    problem = co_await log_in(self);
    if (problem) co_return problem;
    self->forget_announcement();
    self->cancel_key_.learn(self->connection_.get());
    PQsetErrorVerbosity(self->connection_.get(), PQERRORS_DEFAULT);
    if (self->settings_->cluster->wanted()) problem = co_await verify_cluster(self);
    if (problem) co_return problem;
    const server_state known = reported_state(self->connection_.get());
    if (must_ask(self->settings_->wanted, known)) co_return co_await check(self);
    co_return self->role_failure(known);
}

}  // namespace podpool::detail
