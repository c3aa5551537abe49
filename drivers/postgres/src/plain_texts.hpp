// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <string>
#include <string_view>

namespace podpool::detail {

/// Texts that were read and found plain: a program has few, and each needs to be read once per connection.
///
/// Thread safety: none.
class plain_texts {
public:
    [[nodiscard]] bool knows(std::string_view sql) const noexcept { return texts_[place_of(sql)] == sql; }

    /// Remembers a text in the place of another one. Long ones are left out, to bound the memory.
    void remember(std::string_view sql) noexcept {
        if (sql.size() > longest) return;
        std::string& place = texts_[place_of(sql)];
        try {
            place = sql;
        } catch (const std::bad_alloc&) {
            place.clear();
        }
    }

private:
    static constexpr std::size_t longest = 512;
    static constexpr std::size_t places = 16;

    /// Equal texts have the same place, and those of one program mostly different ones.
    static std::size_t place_of(std::string_view sql) noexcept {
        if (sql.empty()) return 0;
        const auto letter = [sql](std::size_t at) -> std::size_t {
            return static_cast<unsigned char>(sql[at]);
        };
        return (sql.size() + 3U * letter(sql.size() / 2) + 7U * letter(sql.size() - 1)) % places;
    }

    std::array<std::string, places> texts_;
};

}  // namespace podpool::detail
