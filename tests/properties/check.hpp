// SPDX-License-Identifier: BSL-1.0
// Runs rapidcheck properties under Catch2: with a fixed seed unless RC_PARAMS says otherwise, so that a
// test run is repeatable, and with a count of their own.
#pragma once

#include "support/catch.hpp"

#include <rapidcheck.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

namespace podpool::properties {

/// Checks that `property` holds for `count` random inputs; fails the test with the shrunk counterexample.
template <class Property>
void check_property(const std::string& description, int count, Property property) {
    rc::detail::TestMetadata metadata;
    metadata.id = description;
    metadata.description = description;
    rc::detail::TestParams params = rc::detail::configuration().testParams;
    if (std::getenv("RC_PARAMS") == nullptr) {  // NOLINT(concurrency-mt-unsafe): one thread
        params.seed = 2;
        params.maxSuccess = count;
    }
    const rc::detail::TestResult result = rc::detail::checkTestable(std::move(property), metadata, params);
    std::ostringstream text;
    rc::detail::printResultMessage(result, text);
    INFO(text.str());
    CHECK(result.is<rc::detail::SuccessResult>());
}

}  // namespace podpool::properties
