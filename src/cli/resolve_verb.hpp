// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/exit_code.hpp"

#include <podpool/endpoint_set.hpp>

#include <boost/json/object.hpp>

#include <iosfwd>
#include <string>

namespace podpool::cli {

/// `podpool resolve`: the endpoints behind a connection string.
struct resolve_request {
    std::string uri;
    bool json = false;
    /// Print every change until interrupted.
    bool watch = false;
};

boost::json::object to_json(const endpoint_set& answer);
std::string to_text(const endpoint_set& answer);

/// What was found and isn't used, in a line of its own; empty if there is nothing.
std::string left_out_text(const endpoint_set& answer);
/// What the source has to say beside its answer, as a line.
std::string remark_text(const endpoint_set& answer);

/// The endpoints that came (`+`), went (`-`) or changed their conditions (`~`), a line each.
std::string difference(const endpoint_set& before, const endpoint_set& after);

exit_code run(const resolve_request& request, std::ostream& out, std::ostream& err);

}  // namespace podpool::cli
