// SPDX-License-Identifier: BSL-1.0
// Connection strings: refused with a clear message or understood, and never a password in a message.
#include "target.hpp"

#include <podpool/error.hpp>
#include <podpool/mysql.hpp>
#include <podpool/option_values.hpp>
#include <podpool/options.hpp>
#include <podpool/postgres.hpp>

#include <string>

namespace {

using podpool::fuzz::promise;

constexpr std::string_view password = "s3cr3t-canary";

/// `given`: the fuzzed part. Where it has the password's text itself, as a key perhaps, a message may show
/// that.
void check_message(const podpool::error& refused, std::string_view given) {
    const std::string_view text = refused.what();
    promise(!text.empty(), "an error says what is wrong");
    const bool known = given.find(password) != std::string_view::npos;
    promise(known || text.find(password) == std::string_view::npos, "no password in a message");
    promise(podpool::fuzz::is_plain_line(text), "a message is one line");
}

void check_label(std::string_view label, std::string_view given) {
    const bool known = given.find(password) != std::string_view::npos;
    promise(known || label.find(password) == std::string_view::npos, "no password in the pool's name");
}

/// What was understood can be written down and is understood again.
void check_round_trip(const podpool::options& understood) {
    std::string text;
    for (const podpool::option_value& each : podpool::option_values(understood)) {
        if (each.is_default) continue;
        text += each.key + "='";
        for (const char c : each.value) {
            if (c == '\'' || c == '\\') text += '\\';
            text += c;
        }
        text += "' ";
    }
    const podpool::options again = podpool::options::parse(text);
    promise(podpool::option_values(again) == podpool::option_values(understood),
            "options can be written down");
}

void read(const std::string& connection_string, std::string_view given) {
    podpool::options understood;
    try {
        understood = podpool::options::parse(connection_string);
    } catch (const podpool::error& refused) {
        return check_message(refused, given);
    }
    check_round_trip(understood);
    try {
        const podpool::postgres driver(understood);
        check_label(driver.label(), given);
    } catch (const podpool::error& refused) {
        check_message(refused, given);
    }
    try {
        const podpool::mysql driver(understood);
        check_label(driver.label(), given);
    } catch (const podpool::error& refused) {
        check_message(refused, given);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(podpool::fuzz::text_of(data, size));
    const std::string secret(password);
    read(input, input);
    read("postgresql://app:" + secret + "@db/shop?" + input, input);
    read("mysql://app:" + secret + "@db/shop?" + input, input);
    read("host=db password=" + secret + " " + input, input);
    return 0;
}
