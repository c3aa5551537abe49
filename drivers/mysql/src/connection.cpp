// SPDX-License-Identifier: BSL-1.0
#include "session.hpp"

#include <podpool/mysql/connection.hpp>

#include <utility>

namespace podpool {

mysql_connection::mysql_connection(std::shared_ptr<detail::mysql_session> session) noexcept
    : session_(std::move(session)) {}

mysql_connection::~mysql_connection() { session_->close(); }

detail::start_mysql_query mysql_connection::initiation() const noexcept { return {session_}; }

mysql_result mysql_connection::run(const detail::mysql_statement& statement) {
    return session_->run(statement);
}

sql::Connection& mysql_connection::native_handle() { return session_->hand_out(); }

mysql_connection::executor_type mysql_connection::get_executor() const { return session_->executor(); }

const endpoint& mysql_connection::endpoint() const noexcept { return session_->where(); }

mysql_role mysql_connection::role() const noexcept { return session_->role(); }

std::string mysql_connection::server_version() const { return session_->server_version(); }

std::string mysql_connection::tls_version() const { return session_->tls_version(); }

}  // namespace podpool
