// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/failure.hpp>

#include <exception>

namespace podpool::detail {

/// Turns what a driver threw into a failure of the given kind.
inline failure describe(const std::exception_ptr& error, failure_kind kind) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& thrown) {
        return {kind, thrown.what()};
    } catch (...) {
        return {kind, "the driver threw something that is no std::exception"};
    }
}

}  // namespace podpool::detail
