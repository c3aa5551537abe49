// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/lower_case.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace podpool::detail {

/// Words in small letters that other words are looked up in, by a hash table that is made when the program is
/// compiled.
template <std::size_t N>
class word_list {
public:
    /// The words in any order, each once, in small letters, with at most 40 bytes; else it doesn't compile.
    consteval explicit word_list(std::array<std::string_view, N> words) : words_(words) {
        for (std::size_t index = 0; index < N; ++index) {
            const std::string_view word = words_[index];
            const bool is_small =
                std::all_of(word.begin(), word.end(), [](char c) { return lower_case(c) == c; });
            if (!is_small || word.size() > longest || contains(word)) throw "not a word for a list";
            std::size_t slot = hash_of(word) & mask;
            while (slots_[slot] != 0) slot = (slot + 1) & mask;
            slots_[slot] = static_cast<std::uint16_t>(index + 1);
        }
    }

    /// Whether `word` is one of them, as it is written.
    [[nodiscard]] constexpr bool contains(std::string_view word) const noexcept {
        return find(word, hash_of(word));
    }

    /// Whether `word` is one of them but for the case of ASCII letters.
    [[nodiscard]] constexpr bool contains_ignoring_case(std::string_view word) const noexcept {
        if (word.size() > longest) return false;
        std::array<char, longest>
            small;  // NOLINT(cppcoreguidelines-pro-type-member-init): all that is read is set
        std::uint32_t hash = 0;
        for (std::size_t index = 0; index < word.size(); ++index) {
            small[index] = lower_case(word[index]);
            hash = mix(hash, small[index]);
        }
        return find({small.data(), word.size()}, hash);
    }

    [[nodiscard]] constexpr auto begin() const noexcept { return words_.begin(); }
    [[nodiscard]] constexpr auto end() const noexcept { return words_.end(); }

private:
    static constexpr std::size_t longest = 40;
    static constexpr std::size_t mask = std::bit_ceil(2 * N) - 1;

    static constexpr std::uint32_t mix(std::uint32_t hash, char c) noexcept {
        return hash * 31 + static_cast<unsigned char>(c);
    }

    static constexpr std::uint32_t hash_of(std::string_view word) noexcept {
        std::uint32_t hash = 0;
        for (const char c : word) hash = mix(hash, c);
        return hash;
    }

    [[nodiscard]] constexpr bool find(std::string_view word, std::uint32_t hash) const noexcept {
        for (std::size_t slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
            if (words_[slots_[slot] - 1U] == word) return true;
        }
        return false;
    }

    std::array<std::string_view, N> words_;
    // Places among words_ from 1 on; 0 where there is none.
    std::array<std::uint16_t, mask + 1> slots_{};
};

template <class... Words>
consteval auto make_word_list(Words... words) {
    return word_list<sizeof...(Words)>({std::string_view(words)...});
}

/// One list of the words of several.
template <std::size_t... Sizes>
consteval auto join_word_lists(const word_list<Sizes>&... lists) {
    std::array<std::string_view, (Sizes + ...)> joined;
    auto* end = joined.begin();
    ((end = std::copy(lists.begin(), lists.end(), end)), ...);
    return word_list<joined.size()>(joined);
}

}  // namespace podpool::detail
