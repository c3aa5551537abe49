// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace podpool::detail {

/// What stands for a password wherever it would be shown.
inline constexpr std::string_view mask = "***";

/// Whether the value of a libpq keyword must never be shown.
bool is_secret_keyword(std::string_view keyword) noexcept;

/// A connection string that libpq refuses, with everything hidden that may be a password or a part of
/// one, so that libpq can be asked again what is wrong and its answer can be shown.
std::string masked(std::string_view connection_string);

/// Whether the text is a URI for libpq.
bool is_postgres_uri(std::string_view connection_string) noexcept;

/// Whether a URI has an `@` that libpq would take for a part of a host or a database: a sign that a
/// password holds a `/`, `@` or `?` that should be percent-encoded.
bool has_stray_at(std::string_view uri) noexcept;

}  // namespace podpool::detail
