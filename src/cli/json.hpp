// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace podpool::cli {

/// JSON on one line; numbers have an exponent only where that is shorter.
std::string json_text(const boost::json::value& value);

/// A text, or null for an empty one.
boost::json::value json_or_null(const std::string& text);

/// A number with at most three decimals.
double rounded(double value);

}  // namespace podpool::cli
