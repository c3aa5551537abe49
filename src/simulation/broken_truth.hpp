// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <stdexcept>

namespace podpool::simulation {

/// Something that must hold in every world doesn't: the message says what, when, with which seed, and
/// what happened before.
class broken_truth : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

}  // namespace podpool::simulation
