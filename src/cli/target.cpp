// SPDX-License-Identifier: BSL-1.0
#include "cli/target.hpp"

#include <podpool/error.hpp>

#include <algorithm>
#include <string_view>

namespace podpool::cli {

namespace {

bool is_scheme_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// What stands before `://` at the front of a URI; empty for keywords and values.
std::string_view scheme_of(std::string_view text) {
    const std::size_t end = text.find("://");
    if (end == std::string_view::npos) return {};
    const std::string_view front = text.substr(0, end);
    return std::all_of(front.begin(), front.end(), is_scheme_letter) ? front : std::string_view{};
}

}  // namespace

std::unique_ptr<database> read_target(const std::string& text) {
    const std::string_view scheme = scheme_of(text);
    if (scheme == "mysql" || scheme == "mariadb") return make_mysql(options::parse(text));
    if (!scheme.empty() && scheme != "postgresql" && scheme != "postgres") {
        throw error(errc::invalid_options,
                    "unknown kind of database; expected postgresql://, postgres://, mysql://, mariadb:// "
                    "or keywords and values for PostgreSQL such as \"host=db dbname=shop\"");
    }
    return make_postgres(options::parse(text));
}

}  // namespace podpool::cli
