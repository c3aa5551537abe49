// SPDX-License-Identifier: BSL-1.0
#include "dialect.hpp"

#include <string_view>

namespace podpool::test {

dialect::cluster_settings dialect::settings(std::size_t max_connections) {
    cluster_settings settings;
    settings.max_connections = max_connections;
    settings.configuration = {"log_connections = on"};
    return settings;
}

void dialect::set_password(server& where, const std::string& password) {
    where.sql("alter role app password '" + password + "'");
}

void dialect::set_work(server& where, bool fails) {
    const std::string body = fails ? "raise exception using errcode = 'disk_full', message = 'no space left'"
                                   : "perform pg_sleep(0.002)";
    where.sql(
        "create or replace function do_work() returns void language plpgsql as $$ begin " + body + "; end $$",
        cluster::database());
}

void dialect::demote(server& where) {
    where.sql("copy (select 1 where false) to '" + where.sql("show data_directory") + "/standby.signal'");
    where.restart();
}

std::string dialect::sleep(std::chrono::milliseconds time) {
    return "select pg_sleep(" + std::to_string(std::chrono::duration<double>(time).count()) + ")";
}

std::size_t dialect::connection_attempts(server& where) {
    const std::string log = where.log();
    constexpr std::string_view mark = "connection received: ";
    std::size_t count = 0;
    for (std::size_t at = log.find(mark); at != std::string::npos; at = log.find(mark, at + mark.size()))
        ++count;
    return count;
}

std::string dialect::session_ids(server& where, const std::string& pool_name) {
    return where.sql(
        "select coalesce(string_agg(pid || ',', '' order by pid), '') from pg_stat_activity where "
        "application_name = '" +
        pool_name + "'");
}

std::string dialect::last_use(server& where, const std::string& pool_name) {
    return where.sql(
        "select coalesce(max(state_change)::text, '') from pg_stat_activity where application_name = '" +
        pool_name + "'");
}

std::size_t dialect::running(server& where, const std::string& pool_name) {
    return std::stoul(
        where.sql("select count(*) from pg_stat_activity where state = 'active' and application_name = '" +
                  pool_name + "'"));
}

void dialect::end_sessions(server& where, const std::string& pool_name) {
    where.sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = '" +
              pool_name + "'");
}

}  // namespace podpool::test
