// SPDX-License-Identifier: BSL-1.0
#include "dialect.hpp"

#include "settings.hpp"

#include <sstream>

namespace demo {

void dialect::prepare(server& fresh) {
    fresh.sql("create sequence served; grant usage on sequence served to " + cluster::user(),
              cluster::database());
}

pod_figures dialect::figures(server& running) {
    const std::string question =
        "select count(*) || ' ' || count(*) filter (where state = 'active' and query like '%served%') || ' ' "
        "|| (select last_value from served) from pg_stat_activity where application_name = '" +
        std::string(application_name) + "'";
    pod_figures seen;
    seen.up = true;
    std::istringstream answer(running.sql(question, cluster::database()));
    answer >> seen.sessions >> seen.in_flight >> seen.served;
    return seen;
}

}  // namespace demo
