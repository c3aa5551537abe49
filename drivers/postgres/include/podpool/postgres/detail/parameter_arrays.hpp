// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// A statement as libpq's functions want it; owns nothing.
struct statement_view {
    std::string_view sql;  ///< a zero byte follows it
    std::size_t count = 0;
    // So many of each: type, text or bytes (null for NULL), size, and 1 for bytes or 0 for text.
    const unsigned* types = nullptr;
    const char* const* values = nullptr;
    const int* lengths = nullptr;
    const int* formats = nullptr;
};

/// The arrays that it points to; the values are somebody else's.
class parameter_arrays {
public:
    explicit parameter_arrays(std::pmr::memory_resource& memory)
        : types_(&memory), values_(&memory), lengths_(&memory), formats_(&memory) {}

    void reserve(std::size_t count) {
        types_.reserve(count);
        values_.reserve(count);
        lengths_.reserve(count);
        formats_.reserve(count);
    }

    /// `value`: null for NULL; a zero byte follows it unless it is `binary`.
    void add(unsigned type, const char* value, std::size_t size, bool binary) {
        types_.push_back(type);
        values_.push_back(value);
        lengths_.push_back(static_cast<int>(size));
        formats_.push_back(binary ? 1 : 0);
    }

    [[nodiscard]] std::size_t size() const noexcept { return types_.size(); }
    [[nodiscard]] statement_view with(std::string_view sql) const noexcept {
        return {sql, types_.size(), types_.data(), values_.data(), lengths_.data(), formats_.data()};
    }

private:
    std::pmr::vector<unsigned> types_;
    std::pmr::vector<const char*> values_;
    std::pmr::vector<int> lengths_;
    std::pmr::vector<int> formats_;
};

}  // namespace podpool::detail
