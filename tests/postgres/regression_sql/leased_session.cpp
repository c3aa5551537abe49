// SPDX-License-Identifier: BSL-1.0
#include "leased_session.hpp"

#include <libpq-fe.h>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace podpool::test {

namespace {

using result = std::unique_ptr<PGresult, decltype(&PQclear)>;

}  // namespace

// In a language whose library is loaded in every session beforehand, since loading it makes new settings.
const char* const leased_session::definition = R"(
create schema leases;
grant usage on schema leases to public;
create function leases.state() returns text language plpgsql as $$
declare
    told text;
    one pg_catalog.oid;
begin
    select pg_catalog.concat_ws(E'\n',
        'role: ' || current_user || ' ' || session_user,
        (select pg_catalog.string_agg('setting: ' || name || '=' || setting, E'\n' order by name)
           from pg_catalog.pg_settings
          -- Every transaction sets these anew, from the settings whose names begin with default_.
          where source = 'session' and name not in ('transaction_isolation', 'transaction_read_only',
                                                    'transaction_deferrable')),
        (select pg_catalog.string_agg('prepared: ' || name, E'\n' order by name)
           from pg_catalog.pg_prepared_statements),
        (select pg_catalog.string_agg('cursor: ' || name, E'\n' order by name) from pg_catalog.pg_cursors),
        (select pg_catalog.string_agg('channel: ' || c, E'\n' order by c) from pg_catalog.pg_listening_channels() c),
        (select pg_catalog.string_agg('temporary: ' || oid || ' ' || relname, E'\n' order by oid)
           from pg_catalog.pg_class where relnamespace = pg_catalog.pg_my_temp_schema()),
        (select pg_catalog.string_agg('temporary type: ' || oid || ' ' || typname, E'\n' order by oid)
           from pg_catalog.pg_type where typnamespace = pg_catalog.pg_my_temp_schema()),
        (select pg_catalog.string_agg('temporary function: ' || oid || ' ' || proname, E'\n' order by oid)
           from pg_catalog.pg_proc where pronamespace = pg_catalog.pg_my_temp_schema()),
        (select pg_catalog.string_agg(pg_catalog.concat_ws(' ', 'lock:', classid, objid, objsubid, mode), E'\n'
                                      order by classid, objid, objsubid, mode)
           from pg_catalog.pg_locks where locktype = 'advisory' and pid = pg_catalog.pg_backend_pid())) into told;
    begin
        told := told || E'\nlastval: ' || pg_catalog.lastval();
    exception when others then null;
    end;
    for one in select oid from pg_catalog.pg_class where relkind = 'S' order by oid loop
        begin
            told := told || E'\n' || coalesce((
                select case classid when 'pg_catalog.pg_rewrite'::pg_catalog.regclass then 'rule '
                                    when 'pg_catalog.pg_type'::pg_catalog.regclass then 'domain ' else 'column ' end
                  from pg_catalog.pg_depend
                 where refobjid = one and classid in ('pg_catalog.pg_attrdef'::pg_catalog.regclass,
                                                      'pg_catalog.pg_rewrite'::pg_catalog.regclass,
                                                      'pg_catalog.pg_type'::pg_catalog.regclass)
                    or objid = one and classid = 'pg_catalog.pg_class'::pg_catalog.regclass and deptype = 'i'
                 limit 1), '') || 'currval: ' || one || ' ' || pg_catalog.currval(one);
        exception when others then null;
        end;
    end loop;
    return told;
end $$;
)";

void leased_session::close_connection::operator()(pg_conn* connection) const noexcept {
    PQfinish(connection);
}

leased_session::leased_session(std::string conninfo) : conninfo_(std::move(conninfo)) { reconnect(); }

void leased_session::reconnect() {
    connection_.reset(PQconnectdb(conninfo_.c_str()));
    if (PQstatus(connection_.get()) != CONNECTION_OK)
        throw std::runtime_error(PQerrorMessage(connection_.get()));
    PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
}

bool leased_session::run(const std::string& sql, const std::function<std::string()>& copy_data) {
    PGconn* const connection = connection_.get();
    bool succeeded = PQsendQuery(connection, sql.c_str()) == 1;
    for (;;) {
        const result answer(PQgetResult(connection), &PQclear);
        if (answer == nullptr) break;
        switch (PQresultStatus(answer.get())) {
            case PGRES_COPY_IN: {
                const std::string data = copy_data ? copy_data() : std::string();
                PQputCopyData(connection, data.data(), static_cast<int>(data.size()));
                PQputCopyEnd(connection, nullptr);
                break;
            }
            case PGRES_COPY_OUT: {
                char* row = nullptr;
                while (PQgetCopyData(connection, &row, 0) > 0) PQfreemem(row);
                break;
            }
            case PGRES_TUPLES_OK:
            case PGRES_COMMAND_OK:
            case PGRES_EMPTY_QUERY:
                break;
            default:
                succeeded = false;
        }
    }
    if (PQstatus(connection) != CONNECTION_OK) {
        reconnect();
        return false;
    }
    return succeeded;
}

void leased_session::rollback() { run("rollback"); }

bool leased_session::in_transaction() const { return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE; }

bool leased_session::standard_strings() const {
    const char* setting = PQparameterStatus(connection_.get(), "standard_conforming_strings");
    return setting == nullptr || std::string_view(setting) == "on";
}

std::string leased_session::state() {
    const result answer(PQexec(connection_.get(), "select leases.state()"), &PQclear);
    return PQresultStatus(answer.get()) == PGRES_TUPLES_OK ? PQgetvalue(answer.get(), 0, 0) : "";
}

}  // namespace podpool::test
