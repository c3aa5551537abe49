// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>

namespace podpool::detail {

/// Tells a process from one that fork() has made of it, for the price of reading a byte: the kernel hands the
/// child an empty page in place of this one (MADV_WIPEONFORK, Linux 4.14). getpid() would be a system call.
class fork_guard {
public:
    fork_guard() : owner_(::getpid()) {
        void* const mapped =
            ::mmap(nullptr, size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) throw std::bad_alloc();
        page_ = static_cast<volatile char*>(mapped);
        // An older kernel can't tell: then nobody is refused.
        (void)::madvise(mapped, size(), MADV_WIPEONFORK);
        *page_ = 1;
    }
    fork_guard(const fork_guard&) = delete;
    fork_guard& operator=(const fork_guard&) = delete;
    ~fork_guard() { ::munmap(const_cast<char*>(page_), size()); }

    /// Whether this is a child of the process in which the guard was made.
    [[nodiscard]] bool in_child() const noexcept { return *page_ == 0; }
    /// The process in which it was made.
    [[nodiscard]] pid_t owner() const noexcept { return owner_; }

private:
    static std::size_t size() noexcept { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

    pid_t owner_;
    volatile char* page_;
};

}  // namespace podpool::detail
