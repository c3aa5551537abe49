// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/lower_case.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace podpool::detail {

/// Words in small letters, sorted when the program is compiled, to look other words up in.
template <std::size_t N>
class word_list {
public:
    /// The words in any order, each once.
    consteval explicit word_list(std::array<std::string_view, N> words) : words_(words) {
        std::sort(words_.begin(), words_.end(), comes_before);
    }

    /// Whether `word` is one of them, as it is written.
    [[nodiscard]] constexpr bool contains(std::string_view word) const noexcept {
        const auto* const found = std::lower_bound(words_.begin(), words_.end(), word, comes_before);
        return found != words_.end() && *found == word;
    }

    /// Whether `word` is one of them but for the case of ASCII letters.
    [[nodiscard]] constexpr bool contains_ignoring_case(std::string_view word) const noexcept {
        std::array<char, longest> small{};
        if (word.size() > small.size()) return false;
        std::transform(word.begin(), word.end(), small.begin(), lower_case);
        return contains({small.data(), word.size()});
    }

    /// Whether every word is there once, in small letters, and short enough to be found.
    [[nodiscard]] constexpr bool is_well_formed() const noexcept {
        const auto small = [](std::string_view word) {
            return word.size() <= longest &&
                   std::all_of(word.begin(), word.end(), [](char c) { return lower_case(c) == c; });
        };
        return std::all_of(words_.begin(), words_.end(), small) &&
               std::adjacent_find(words_.begin(), words_.end()) == words_.end();
    }

    [[nodiscard]] constexpr auto begin() const noexcept { return words_.begin(); }
    [[nodiscard]] constexpr auto end() const noexcept { return words_.end(); }

private:
    static constexpr std::size_t longest = 40;

    /// By length first, since that tells most words apart.
    static constexpr bool comes_before(std::string_view left, std::string_view right) noexcept {
        return left.size() != right.size() ? left.size() < right.size() : left < right;
    }

    std::array<std::string_view, N> words_;
};

template <class... Words>
consteval auto make_word_list(Words... words) {
    return word_list<sizeof...(Words)>({std::string_view(words)...});
}

/// One list of the words of several.
template <std::size_t... Sizes>
consteval auto join_word_lists(const word_list<Sizes>&... lists) {
    std::array<std::string_view, (Sizes + ...)> joined{};
    auto* end = joined.begin();
    ((end = std::copy(lists.begin(), lists.end(), end)), ...);
    return word_list<joined.size()>(joined);
}

}  // namespace podpool::detail
