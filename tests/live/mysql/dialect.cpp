// SPDX-License-Identifier: BSL-1.0
#include "dialect.hpp"

#include <sstream>

namespace podpool::test {

dialect::cluster_settings dialect::settings(std::size_t max_connections) {
    cluster_settings settings;
    settings.max_connections = max_connections;
    return settings;
}

void dialect::set_work(server& where, bool fails) {
    // A row of a table says so, since a function can't be replaced without being away for a moment.
    where.sql(
        "create table if not exists full_disk (yes int);"
        "create function if not exists do_work() returns int reads sql data begin"
        "  if exists (select * from full_disk) then"
        "    signal sqlstate 'HY000' set mysql_errno = 1021, message_text = 'Disk full';"
        "  end if;"
        "  do sleep(0.002);"
        "  return 1;"
        "end",
        cluster::database());
    where.sql(fails ? "insert into full_disk values (1)" : "delete from full_disk", cluster::database());
}

std::string dialect::sleep(std::chrono::milliseconds time) {
    return "select sleep(" + std::to_string(std::chrono::duration<double>(time).count()) + ")";
}

std::string dialect::session_ids(server& where, const std::string& pool_name) {
    return where.sql(
        "select coalesce(group_concat(processlist_id, ',' order by processlist_id separator ''), '') from "
        "performance_schema.session_connect_attrs where attr_name = 'program_name' and attr_value = '" +
        pool_name + "'");
}

std::string dialect::last_use(server& where, const std::string& /*pool_name*/) {
    return where.sql(
        "select lpad(coalesce(sum(count_star), 0), 20, '0') from "
        "performance_schema.events_statements_summary_by_user_by_event_name where user = 'app' and "
        "event_name like 'statement/sql/%'");
}

std::size_t dialect::running(server& where, const std::string& pool_name) {
    return std::stoul(where.sql(
        "select count(*) from information_schema.processlist join performance_schema.session_connect_attrs "
        "on processlist_id = id where command in ('Query', 'Execute') and attr_name = 'program_name' and "
        "attr_value = '" +
        pool_name + "'"));
}

void dialect::end_sessions(server& where, const std::string& pool_name) {
    std::istringstream ids(session_ids(where, pool_name));
    std::string statements;
    for (std::string id; std::getline(ids, id, ',');) statements += "kill " + id + ";";
    if (!statements.empty()) where.sql(statements);
}

}  // namespace podpool::test
