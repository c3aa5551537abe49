// SPDX-License-Identifier: BSL-1.0
#include "blocked_thread.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace podpool::detail {

namespace {

/// A descriptor that is closed at the end.
class owned_descriptor {
public:
    explicit owned_descriptor(int number) noexcept : number_(number) {}
    owned_descriptor(const owned_descriptor&) = delete;
    owned_descriptor& operator=(const owned_descriptor&) = delete;
    ~owned_descriptor() {
        if (number_ >= 0) close(number_);
    }

    [[nodiscard]] int get() const noexcept { return number_; }

private:
    int number_;
};

/// The calls that wait for a socket given as their first argument.
constexpr std::array socket_calls{
    long{SYS_connect}, long{SYS_recvfrom}, long{SYS_recvmsg}, long{SYS_sendto},
    long{SYS_sendmsg}, long{SYS_read},     long{SYS_write},
};

bool waits_in_poll(long call) noexcept {
#ifdef SYS_poll
    if (call == SYS_poll) return true;
#endif
    return call == SYS_ppoll;
}

/// The one descriptor of a poll() in another thread's stack, which may be gone by now.
std::optional<int> polled_descriptor(std::uint64_t address, std::uint64_t count) noexcept {
    if (count != 1) return std::nullopt;
    pollfd asked{};
    const iovec here{&asked, sizeof asked};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel gave it as a number
    const iovec there{reinterpret_cast<void*>(address), sizeof asked};
    if (process_vm_readv(getpid(), &here, 1, &there, 1, 0) != static_cast<ssize_t>(sizeof asked)) {
        return std::nullopt;
    }
    return asked.fd;
}

/// The descriptor that a thread waits for now; nothing if it doesn't wait for one.
std::optional<int> awaited_descriptor(pid_t thread, const char* tasks = "/proc/self/task") noexcept {
    std::array<char, 64> path{};
    std::snprintf(path.data(), path.size(), "%s/%d/syscall", tasks, static_cast<int>(thread));
    const owned_descriptor file(open(path.data(), O_RDONLY | O_CLOEXEC));
    std::array<char, 256> text{};
    if (file.get() < 0 || read(file.get(), text.data(), text.size() - 1) <= 0) return std::nullopt;
    // `7 0x7ffd... 0x1 ...`: the call's number and arguments, or the word `running`.
    char* rest = text.data();
    char* after = nullptr;
    const long call = std::strtol(rest, &after, 10);
    if (after == rest) return std::nullopt;
    rest = after;
    const std::uint64_t first = std::strtoull(rest, &after, 16);
    if (after == rest) return std::nullopt;
    if (waits_in_poll(call)) return polled_descriptor(first, std::strtoull(after, nullptr, 16));
    if (std::find(socket_calls.begin(), socket_calls.end(), call) == socket_calls.end()) return std::nullopt;
    return static_cast<int>(first);
}

/// Whether two descriptors are the same open socket.
bool same_socket(int one, int other) noexcept {
    struct stat first{};
    struct stat second{};
    return fstat(one, &first) == 0 && fstat(other, &second) == 0 && S_ISSOCK(first.st_mode) &&
           first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

}  // namespace

pid_t this_thread_number() noexcept { return static_cast<pid_t>(syscall(SYS_gettid)); }

bool can_see_blocked_threads(const char* tasks) noexcept {
    pollfd asked{};
    // A thread that reads what it is blocked in is blocked in that read.
    return awaited_descriptor(this_thread_number(), tasks).has_value() &&
           polled_descriptor(reinterpret_cast<std::uintptr_t>(&asked), 1).has_value();
}

bool cut_blocked_thread(pid_t thread) noexcept {
    const auto seen = awaited_descriptor(thread);
    if (!seen) return false;
    const owned_descriptor held(fcntl(*seen, F_DUPFD_CLOEXEC, 0));
    if (held.get() < 0) return false;
    // The thread may have gone on meanwhile, and the number may be somebody else's socket: only what it still
    // waits for, and what we hold, is cut.
    if (awaited_descriptor(thread) != seen || !same_socket(*seen, held.get())) return false;
    return shutdown(held.get(), SHUT_RDWR) == 0;
}

}  // namespace podpool::detail
