// SPDX-License-Identifier: BSL-1.0
// Boost.JSON's own sources, for builds that have its headers only.
#include <boost/json/src.hpp>
