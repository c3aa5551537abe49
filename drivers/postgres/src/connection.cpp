// SPDX-License-Identifier: BSL-1.0
#include "session.hpp"

#include <podpool/postgres/connection.hpp>

#include <array>
#include <string>
#include <utility>

namespace podpool {

postgres_connection::postgres_connection(std::shared_ptr<detail::postgres_session> session) noexcept
    : session_(std::move(session)) {}

postgres_connection::~postgres_connection() { session_->close(); }

detail::start_postgres_query postgres_connection::initiation() const noexcept {
    return {session_, detail::on_cancel::ask_server};
}

postgres_result postgres_connection::run(std::string_view sql) {
    detail::check_statement(sql, 0);
    // libpq wants a zero byte after it.
    std::array<char, 512> room;
    if (sql.size() >= room.size()) {
        const std::string copied(sql);
        return session_->run({copied});
    }
    sql.copy(room.data(), sql.size());
    room[sql.size()] = '\0';
    return session_->run({{room.data(), sql.size()}});
}

postgres_result postgres_connection::run(const detail::statement_view& statement) {
    return session_->run(statement);
}

pg_conn* postgres_connection::native_handle() noexcept { return session_->hand_out(); }

postgres_connection::executor_type postgres_connection::get_executor() const { return session_->executor(); }

const endpoint& postgres_connection::endpoint() const noexcept { return session_->where(); }

postgres_role postgres_connection::role() const noexcept { return session_->role(); }

std::string postgres_connection::server_version() const { return session_->server_version(); }

std::string postgres_connection::tls_version() const { return session_->tls_version(); }

}  // namespace podpool
