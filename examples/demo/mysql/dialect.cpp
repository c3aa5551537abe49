// SPDX-License-Identifier: BSL-1.0
#include "dialect.hpp"

#include "settings.hpp"

#include <sstream>

namespace demo {

pod_figures dialect::figures(server& running) {
    pod_figures seen;
    seen.up = true;
    seen.sessions = running.sessions(application_name);
    std::istringstream answer(running.sql(
        "select concat((select count(*) from performance_schema.threads where processlist_user = '" +
        cluster::user() +
        "' and processlist_command in ('Query', 'Execute')), ' ', (select coalesce(sum(count_star), 0) from "
        "performance_schema.events_statements_summary_by_user_by_event_name where user = '" +
        cluster::user() + "' and event_name = 'statement/sql/select'))"));
    answer >> seen.in_flight >> seen.served;
    return seen;
}

}  // namespace demo
