// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace podpool::detail {

/// Whether an SQL text surely leaves nothing in its session that a later user of it could notice, once the
/// session is idle outside of a transaction.
///
/// `sql`: one statement, or several with semicolons between them, which must all be plain.
/// `standard_strings`: see sql_lexer. Returns false for whatever isn't known to be plain, for what isn't
/// understood, and for many statements that are harmless. It doesn't ask whether the text is correct: the
/// server refuses it then.
///
/// Not seen is what the objects that a statement names do when they are used: the list is in
/// docs/security.md. Thread safety: a pure function.
[[nodiscard]] bool leaves_nothing(std::string_view sql, bool standard_strings) noexcept;

}  // namespace podpool::detail
