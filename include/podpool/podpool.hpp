// SPDX-License-Identifier: BSL-1.0
#pragma once

// Everything but the drivers.
#include <podpool/driver.hpp>
#include <podpool/error.hpp>
#include <podpool/lease.hpp>
#include <podpool/option_values.hpp>
#include <podpool/options.hpp>
#include <podpool/parameters.hpp>
#include <podpool/pool.hpp>
#include <podpool/stats.hpp>
#include <podpool/version.hpp>
