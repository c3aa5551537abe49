// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace podpool::soak {

/// Lets packets vanish, by a table of nftables that goes with the object.
///
/// Only in a network namespace that isn't the machine's own, so that nobody else's packets are touched.
/// Functions throw std::runtime_error. Thread safety: one thread at a time.
class packet_filter {
public:
    /// Does nothing where it isn't available.
    packet_filter();
    packet_filter(const packet_filter&) = delete;
    packet_filter& operator=(const packet_filter&) = delete;
    ~packet_filter();

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

}  // namespace podpool::soak
