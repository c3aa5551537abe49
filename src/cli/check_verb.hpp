// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/exit_code.hpp"

#include <podpool/endpoint.hpp>

#include <boost/json/object.hpp>

#include <iosfwd>
#include <string>
#include <vector>

namespace podpool::cli {

/// `podpool check`: one connection to each endpoint.
struct check_request {
    std::string uri;
    bool json = false;
};

/// How one endpoint answered.
struct check_row {
    endpoint where;
    bool ok = false;
    std::string role;
    std::string server_version;
    std::string tls;  ///< the protocol in use; empty without TLS
    double milliseconds = 0;
    std::string error;
};

struct check_report {
    std::string login;  ///< user and database
    std::vector<check_row> endpoints;
    std::string remark;  ///< what the endpoints' source has to say beside them
};

boost::json::object to_json(const check_report& report);
std::string to_text(const check_report& report);

exit_code run(const check_request& request, std::ostream& out, std::ostream& err);

}  // namespace podpool::cli
