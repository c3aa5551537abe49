// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/exit_code.hpp"

#include <podpool/option_value.hpp>

#include <boost/json/object.hpp>

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace podpool::cli {

/// `podpool parse`: what a connection string says.
struct parse_request {
    std::string uri;
    bool json = false;
};

struct parse_report {
    std::vector<option_value> pool;
    /// Driver keywords and values; passwords are `***`.
    std::map<std::string, std::string> driver;
};

/// Throws podpool::error (errc::invalid_options).
parse_report make_parse_report(const std::string& uri);
boost::json::object to_json(const parse_report& report);
std::string to_text(const parse_report& report);

exit_code run(const parse_request& request, std::ostream& out, std::ostream& err);

}  // namespace podpool::cli
