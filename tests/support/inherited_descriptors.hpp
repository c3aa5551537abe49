// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

namespace podpool::test {

/// The descriptors of a process that a program which it starts would inherit, since they aren't
/// close-on-exec: the number, and what it is.
std::map<int, std::string> inheritable_descriptors(pid_t process);

/// Those of them that weren't there before, and still are after a tenth of a second: many libraries mark a
/// socket right after they have made it.
std::map<int, std::string> further_inheritable_descriptors(pid_t process,
                                                           const std::map<int, std::string>& before);

}  // namespace podpool::test
