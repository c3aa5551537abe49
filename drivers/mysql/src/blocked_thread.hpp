// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

namespace podpool::detail {

/// The number by which the kernel knows the calling thread.
pid_t this_thread_number() noexcept;

/// Whether this system tells what a thread is blocked in; not in some sandboxes, nor without /proc.
/// `tasks`: where it would.
bool can_see_blocked_threads(const char* tasks = "/proc/self/task") noexcept;

/// Shuts the socket down on which a thread of this process is blocked in a system call, which then ends.
///
/// For calls whose socket nobody has told us: while the connector connects, and where the server sees
/// another client's address than ours. The kernel says which call a thread waits in (/proc, as for a
/// debugger; a process may always ask that of itself).
/// `thread`: must be alive during the call, and must use no sockets but those that may be cut.
/// Returns whether a socket was shut down: not if the thread wasn't blocked just now, nor where /proc
/// doesn't tell.
bool cut_blocked_thread(pid_t thread) noexcept;

}  // namespace podpool::detail
