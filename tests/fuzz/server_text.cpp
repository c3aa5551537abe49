// SPDX-License-Identifier: BSL-1.0
// What servers say about a failure: it is sorted into some kind, and shown as one plain line or as JSON.
#include "cli/json.hpp"
#include "cli/utf8.hpp"
#include "mysql/src/errors.hpp"
#include "postgres/src/errors.hpp"
#include "target.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace podpool;
using podpool::fuzz::promise;

void check_postgres(std::string_view said) {
    const std::string code = detail::sqlstate_in(said);
    promise(code.empty() || detail::is_sqlstate(code), "a SQLSTATE has its form");
    const std::string tidy = detail::tidy_connect_message(said);
    promise(tidy.find('\n') == std::string::npos, "a message is one line");
    (void)detail::kind_of_connect_failure(code, said);
    (void)detail::kind_of_lost_connection(code);
}

void check_mysql(std::string_view said) {
    mysql_error::report report;
    report.message = said;
    report.sqlstate = said.substr(0, std::min<std::size_t>(said.size(), 5));
    // The first two bytes choose the server's number.
    const auto byte = [said](std::size_t index) {
        return index < said.size() ? static_cast<unsigned char>(said[index]) : 0;
    };
    report.number = byte(0) * 256 + byte(1);
    (void)detail::kind_of_mysql_connect_failure(report);
    (void)detail::kind_of_mysql_end(report, byte(2) % 2 == 0);
    (void)detail::read_only_refusal_in(report.number);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view said = podpool::fuzz::text_of(data, size);
    check_postgres(said);
    check_mysql(said);
    promise(podpool::fuzz::is_plain_line(cli::one_line(said)), "a table's cell is one plain line");
    const std::string json = cli::json_text(boost::json::object{{"error", std::string(said)}});
    promise(podpool::fuzz::is_plain_line(json), "JSON is one line");
    return 0;
}
