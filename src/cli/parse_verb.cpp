// SPDX-License-Identifier: BSL-1.0
#include "cli/parse_verb.hpp"

#include "cli/json.hpp"
#include "cli/render.hpp"
#include "cli/target.hpp"
#include "cli/utf8.hpp"

#include <podpool/option_values.hpp>

#include <boost/asio/io_context.hpp>

#include <ostream>

namespace podpool::cli {

parse_report make_parse_report(const std::string& uri) {
    const auto target = read_target(uri);
    // A pool would refuse hosts that can't be looked up, so this does, too.
    boost::asio::io_context context(1);
    const auto source = target->discover(context.get_executor());
    parse_report report;
    report.pool = option_values(target->settings());
    report.driver = target->parameters();
    for (option_value& option : report.pool) {
        if (option.key == "pool_name" && option.is_default) option.value = target->label();
    }
    return report;
}

boost::json::object to_json(const parse_report& report) {
    boost::json::object pool;
    for (const option_value& option : report.pool) pool[option.key] = option.value;
    boost::json::object driver;
    for (const auto& [keyword, value] : report.driver) driver[keyword] = value;
    boost::json::object result;
    result["pool"] = std::move(pool);
    result["driver"] = std::move(driver);
    return result;
}

std::string to_text(const parse_report& report) {
    text_table pool({column("POOL OPTION"), column("VALUE"), column("")});
    for (const option_value& option : report.pool) {
        pool.add({option.key, one_line(option.value), option.is_default ? "default" : ""});
    }
    text_table driver({column("DRIVER PARAMETER"), column("VALUE")});
    for (const auto& [keyword, value] : report.driver) driver.add({keyword, one_line(value)});
    return joined(pool.lines()) + "\n" + joined(driver.lines());
}

exit_code run(const parse_request& request, std::ostream& out, std::ostream&) {
    const parse_report report = make_parse_report(request.uri);
    out << (request.json ? json_text(to_json(report)) + "\n" : to_text(report));
    return exit_code::ok;
}

}  // namespace podpool::cli
