// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

namespace podpool::detail {

/// What a statement may leave behind in its session.
enum class session_trace : std::uint8_t {
    nothing,    ///< nothing that a later user of the session can notice
    begins,     ///< it begins a transaction
    begins_ro,  ///< it begins a transaction that its user made read-only
    ends,       ///< it ends the transaction, if it succeeds
    lasting,    ///< possibly something that no rollback undoes: a variable, a temporary table, a lock
};

/// Reads the trace of a statement from its text. Whatever isn't known to be harmless is `lasting`.
///
/// Not seen: what views, stored functions and triggers that the statement uses do to named locks, session
/// variables and temporary tables, and the session's memory of its last statement (LAST_INSERT_ID, ROW_COUNT,
/// FOUND_ROWS, LASTVAL, warnings). Thread safety: a pure function.
session_trace trace_of(std::string_view sql) noexcept;

/// Whether a statement is a COMMIT, whatever follows the word.
bool commits(std::string_view sql) noexcept;

/// Whether a statement without rows tells how many it touched: INSERT, UPDATE and the like.
bool counts_rows(std::string_view sql) noexcept;

}  // namespace podpool::detail
