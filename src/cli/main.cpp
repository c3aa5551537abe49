// SPDX-License-Identifier: BSL-1.0
#include "cli/command_line.hpp"
#include "cli/usage_error.hpp"
#include "cli/utf8.hpp"

#include <podpool/error.hpp>

#include <exception>
#include <iostream>
#include <variant>

namespace {

using podpool::cli::exit_code;
using podpool::cli::one_line;

exit_code run(int argument_count, const char* const* arguments) {
    try {
        const auto request = podpool::cli::read_command_line(argument_count, arguments);
        const exit_code code = std::visit(
            [](const auto& wanted) { return podpool::cli::run(wanted, std::cout, std::cerr); }, request);
        if (std::cout.flush()) return code;
        std::cerr << "podpool: standard output can't be written\n";
        return exit_code::failed;
    } catch (const podpool::cli::usage_error& wrong) {
        std::cerr << "podpool: " << one_line(wrong.what()) << '\n';
        return exit_code::misused;
    } catch (const podpool::error& failed) {
        std::cerr << "podpool: " << one_line(failed.what()) << '\n';
        return failed.code() == podpool::errc::invalid_options ? exit_code::misused : exit_code::failed;
    } catch (const std::exception& failed) {
        std::cerr << "podpool: " << one_line(failed.what()) << '\n';
        return exit_code::failed;
    }
}

}  // namespace

int main(int argument_count, char** arguments) { return static_cast<int>(run(argument_count, arguments)); }
