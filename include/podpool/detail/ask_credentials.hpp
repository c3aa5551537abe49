// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/credentials.hpp>
#include <podpool/endpoint.hpp>
#include <podpool/failure.hpp>
#include <podpool/options.hpp>

#include <exception>
#include <optional>
#include <string>

namespace podpool::detail {

/// Asks options::provide_credentials, if there is one, for what one login needs. `given` stays empty without
/// one. Returns why the login can't be tried if it throws: a refusal, which is tried again like a wrong
/// password.
inline failure ask_credentials(const options& settings, const endpoint& where,
                               std::optional<credentials>& given) {
    if (!settings.provide_credentials) return {};
    try {
        given = settings.provide_credentials(where);
        return {};
    } catch (const std::exception& problem) {
        return {failure_kind::rejected,
                to_string(where) + ": no credentials: " + std::string(problem.what())};
    } catch (...) {
        return {failure_kind::rejected,
                to_string(where) + ": no credentials: an exception of an unknown type"};
    }
}

}  // namespace podpool::detail
