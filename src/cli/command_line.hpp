// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/bench_verb.hpp"
#include "cli/check_verb.hpp"
#include "cli/parse_verb.hpp"
#include "cli/resolve_verb.hpp"
#include "cli/simulate_verb.hpp"
#include "cli/watch_verb.hpp"

#include <iosfwd>
#include <string>
#include <variant>

namespace podpool::cli {

/// `--help` and `--version`: a text and nothing else.
struct print_request {
    std::string text;
};

using request = std::variant<print_request, parse_request, resolve_request, check_request, bench_request,
                             watch_request, simulate_request>;

/// Reads the arguments; a connection string that is missing is taken from PODPOOL_URI.
/// Throws usage_error, which quotes nothing that could be a password.
request read_command_line(int argument_count, const char* const* arguments);

exit_code run(const print_request& request, std::ostream& out, std::ostream& err);

}  // namespace podpool::cli
