// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/role.hpp>

namespace podpool {

/// What a MySQL or MariaDB server is in its replication group, as far as its settings tell: a standby is
/// read-only (read_only, super_read_only or innodb_read_only), be it a replica or a primary that was made so,
/// and a primary takes writes.
using mysql_role = role;

}  // namespace podpool
