// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace podpool::cli {

/// Writes `--help` in our own form: CLI11's differs from version to version.
class help_text final : public CLI::FormatterBase {
public:
    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

/// The table of pool options, as `podpool parse --help` shows it.
std::string pool_options_text();

}  // namespace podpool::cli
