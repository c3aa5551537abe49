// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace podpool {

/// A histogram of durations with a relative error of at most 12.5 %: eight buckets per power of two,
/// from 1 ns to about 18 minutes; longer ones count in the last bucket. A plain value, no allocation.
class histogram {
public:
    /// Counts one duration; a negative one counts as zero.
    void record(std::chrono::nanoseconds value) noexcept {
        const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
        ++buckets_[index_of(nanoseconds)];
        ++count_;
        sum_ += nanoseconds;
        largest_ = std::max(largest_, nanoseconds);
    }

    /// How many durations were counted.
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// Their sum.
    [[nodiscard]] std::chrono::nanoseconds sum() const noexcept {
        return std::chrono::nanoseconds(static_cast<std::int64_t>(sum_));
    }
    /// The largest one.
    [[nodiscard]] std::chrono::nanoseconds largest() const noexcept {
        return std::chrono::nanoseconds(static_cast<std::int64_t>(largest_));
    }

    /// The duration that a share `quantile` (0 to 1) of all doesn't exceed, rounded up to its bucket's
    /// end but never above the largest; zero when nothing was counted.
    [[nodiscard]] std::chrono::nanoseconds quantile(double quantile) const noexcept {
        const double wanted = quantile * static_cast<double>(count_);
        double seen = 0;
        for (std::size_t index = 0; index < buckets_.size(); ++index) {
            seen += static_cast<double>(buckets_[index]);
            if (buckets_[index] != 0 && seen >= wanted && index + 1 < buckets_.size()) {
                return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(end_of(index), largest_)));
            }
        }
        return largest();
    }

    /// How many durations were at most `bound`, as exactly as the buckets tell.
    [[nodiscard]] std::uint64_t count_at_most(std::chrono::nanoseconds bound) const noexcept {
        std::uint64_t total = 0;
        for (std::size_t index = 0; index < buckets_.size(); ++index) {
            if (end_of(index) > static_cast<std::uint64_t>(std::max<std::int64_t>(bound.count(), 0))) break;
            total += buckets_[index];
        }
        return total;
    }

    /// Adds another histogram's counts to this one.
    void merge(const histogram& other) noexcept {
        for (std::size_t index = 0; index < buckets_.size(); ++index)
            buckets_[index] += other.buckets_[index];
        count_ += other.count_;
        sum_ += other.sum_;
        largest_ = std::max(largest_, other.largest_);
    }

private:
    static constexpr unsigned sub_bits = 3;
    static constexpr std::size_t size = (40 - sub_bits + 1) << sub_bits;

    static std::size_t index_of(std::uint64_t value) noexcept {
        if (value < (1U << sub_bits)) return static_cast<std::size_t>(value);
        const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
        const std::size_t index = ((shift + 1) << sub_bits) + static_cast<std::size_t>((value >> shift) & 7U);
        return std::min(index, size - 1);
    }

    static std::uint64_t end_of(std::size_t index) noexcept {
        if (index < (1U << sub_bits)) return index;
        const auto shift = static_cast<unsigned>(index >> sub_bits) - 1;
        return ((((index & 7U) + 8U) + 1U) << shift) - 1U;
    }

    std::array<std::uint64_t, size> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t sum_ = 0;
    std::uint64_t largest_ = 0;
};

}  // namespace podpool
