// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/role.hpp>

namespace podpool {

/// What a PostgreSQL server is in its replication group, as it last told us: a standby is in recovery, a
/// primary isn't, and unknown is a server that didn't say (before version 14 unless `target_session_attrs`
/// made the driver ask it, or a proxy).
using postgres_role = role;

}  // namespace podpool
