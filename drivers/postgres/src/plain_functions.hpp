// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace podpool::detail {

/// Whether PostgreSQL has a function of this name, written without quotes, and none of its forms changes
/// anything in the session that outlives the transaction, or runs SQL that comes as an argument.
///
/// Known are the names that are of use in programs, up to PostgreSQL 18, not all that there are. Thread
/// safety: a pure function.
[[nodiscard]] bool is_plain_function(std::string_view name) noexcept;

/// The same for a name that was written in quotes, without these: its letters are as they are.
[[nodiscard]] bool is_plain_quoted_function(std::string_view name) noexcept;

/// Whether a field of this name may be a call: x.f is f(x) where x has no field f, and PostgreSQL has
/// functions of one argument that last. `name`: without quotes, in any case. Errs on the side of yes.
[[nodiscard]] bool is_lasting_field(std::string_view name) noexcept;

}  // namespace podpool::detail
