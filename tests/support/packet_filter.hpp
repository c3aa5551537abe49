// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <utility>

namespace podpool::test {

/// Lets packets vanish, by nftables in a network namespace that it makes for this process, so that nobody
/// else's are touched.
///
/// Functions throw std::runtime_error. Thread safety: one thread at a time.
class packet_filter {
public:
    /// Moves the calling thread, and the threads and programs that it starts later, into a network namespace
    /// that has nothing but loopback. Where that fails no packet can be dropped.
    packet_filter();
    /// One that can't drop any, for this reason.
    explicit packet_filter(std::string why_not) : why_not_(std::move(why_not)) {}
    packet_filter(const packet_filter&) = delete;
    packet_filter& operator=(const packet_filter&) = delete;
    ~packet_filter() = default;  // the table goes with the namespace

    /// Whether packets can be dropped here; if not, why_not() says what is missing.
    [[nodiscard]] bool available() const { return why_not_.empty(); }
    [[nodiscard]] const std::string& why_not() const { return why_not_; }

    /// From now on whatever is sent to or from this IPv4 address vanishes.
    void drop(const std::string& address) const;
    /// Ends drop().
    void let_through(const std::string& address) const;

private:
    std::string why_not_;
};

}  // namespace podpool::test
