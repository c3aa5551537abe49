// SPDX-License-Identifier: BSL-1.0
#include "postgres_session.hpp"

#include <libpq-fe.h>

#include <stdexcept>

namespace podpool::test {

void postgres_session::close_connection::operator()(pg_conn* connection) const noexcept {
    PQfinish(connection);
}

postgres_session::postgres_session(const std::string& address, std::uint16_t port,
                                   const std::string& password, const std::string& database)
    : database_(database) {
    const std::string port_text = std::to_string(port);
    const char* const keywords[] = {"hostaddr",         "port",    "user",     "dbname",
                                    "application_name", "sslmode", "password", "gssencmode",
                                    "connect_timeout",  nullptr};
    const char* const values[] = {
        address.c_str(),  port_text.c_str(), "admin",
        database.c_str(), application_name,  password.empty() ? "disable" : "require",
        password.c_str(), "disable",         "30",
        nullptr};
    session_.reset(PQconnectdbParams(keywords, values, 0));
    if (!alive()) throw std::runtime_error(PQerrorMessage(session_.get()));
    PQsetNoticeReceiver(session_.get(), [](void*, const PGresult*) {}, nullptr);
}

bool postgres_session::alive() const { return PQstatus(session_.get()) == CONNECTION_OK; }

std::string postgres_session::run(const std::string& statement) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(session_.get(), statement.c_str()),
                                                               &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        throw std::runtime_error(PQresultErrorMessage(result.get()));
    }
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

std::string postgres_session::quoted(std::string_view text) const {
    const std::unique_ptr<char, decltype(&PQfreemem)> escaped(
        PQescapeLiteral(session_.get(), text.data(), text.size()), &PQfreemem);
    return escaped.get();
}

std::size_t postgres_session::count_sessions(std::string_view of_application) {
    std::string statement =
        "select count(*) from pg_stat_activity where backend_type = 'client backend' and application_name <> "
        "'" +
        std::string(application_name) + "'";
    if (!of_application.empty()) statement += " and application_name = " + quoted(of_application);
    return std::stoul(run(statement));
}

}  // namespace podpool::test
