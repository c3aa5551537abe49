// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// The statements of a text that promise to keep what a transaction did.
struct commits_in_text {
    /// COMMIT, END and PREPARE TRANSACTION, by their places among the statements, from 0, in order.
    std::vector<std::size_t> places;
    /// How many statements there are; empty ones, which the server doesn't answer, don't count.
    std::size_t statements = 0;
};

/// Whether a text is worth reading for them: false for a single statement that begins with another word, as
/// most do. Thread safety: a pure function.
bool may_commit(std::string_view sql) noexcept;

/// Finds them. `standard_strings`: see sql_lexer. A text that isn't understood has no commits.
/// Thread safety: a pure function.
commits_in_text find_commits(std::string_view sql, bool standard_strings);

}  // namespace podpool::detail
