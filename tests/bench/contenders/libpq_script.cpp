// SPDX-License-Identifier: BSL-1.0
#include "libpq_script.hpp"

#include <charconv>
#include <stdexcept>

namespace podpool::bench {

libpq_connection open_libpq(const std::string& uri) {
    libpq_connection opened(PQconnectdb(uri.c_str()));
    if (PQstatus(opened.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(opened.get()));
    return opened;
}

libpq_script::libpq_script(workload work) : work_(work), random_(std::random_device{}()) {
    if (work == workload::select_1) {
        statements_.push_back({"select 1"});
        return;
    }
    const char* const account = account_.data();
    const char* const teller = teller_.data();
    const char* const branch = branch_.data();
    const char* const delta = delta_.data();
    statements_.push_back({"BEGIN"});
    statements_.push_back({transfer::update_account, 2, {delta, account}});
    statements_.push_back({transfer::select_balance, 1, {account}});
    statements_.push_back({transfer::update_teller, 2, {delta, teller}});
    statements_.push_back({transfer::update_branch, 2, {delta, branch}});
    statements_.push_back({transfer::insert_history, 4, {teller, branch, account, delta}});
    statements_.push_back({"END"});
    draw();
}

void libpq_script::draw() {
    if (work_ == workload::select_1) return;
    const transfer drawn = transfer::draw(random_);
    const auto write = [](text& into, int value) {
        *std::to_chars(into.data(), into.data() + into.size() - 1, value).ptr = '\0';
    };
    write(account_, drawn.account);
    write(teller_, drawn.teller);
    write(branch_, drawn.branch);
    write(delta_, drawn.delta);
}

void libpq_script::run(PGconn* on) const {
    for (const statement& each : statements_) {
        take(on, each.parameters == 0 ? PQexec(on, each.sql)
                                      : PQexecParams(on, each.sql, each.parameters, nullptr,
                                                     each.values.data(), nullptr, nullptr, 0));
    }
}

void libpq_script::send(PGconn* on, std::size_t index) const {
    const statement& sent = statements_[index];
    const int began = sent.parameters == 0 ? PQsendQuery(on, sent.sql)
                                           : PQsendQueryParams(on, sent.sql, sent.parameters, nullptr,
                                                               sent.values.data(), nullptr, nullptr, 0);
    // So short a statement always fits.
    if (began == 0 || PQflush(on) != 0) throw std::runtime_error(PQerrorMessage(on));
}

void libpq_script::take(PGconn* from, PGresult* answer) {
    const std::unique_ptr<PGresult, close_libpq> owned(answer);
    const ExecStatusType status = PQresultStatus(answer);
    if (status == PGRES_COMMAND_OK) return;
    if (status != PGRES_TUPLES_OK) throw std::runtime_error(PQerrorMessage(from));
    if (PQntuples(answer) != 1 || *PQgetvalue(answer, 0, 0) == '\0') throw std::runtime_error("not one row");
}

}  // namespace podpool::bench
