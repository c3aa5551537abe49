// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint_info.hpp>
#include <podpool/mysql/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace podpool::detail {

/// What the user wants of TLS, with libpq's names; docs/security.md says what each one guarantees.
enum class ssl_mode : std::uint8_t { disable, prefer, require, verify_ca, verify_full };

/// Reads libpq's name of a mode or MySQL's (DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY).
std::optional<ssl_mode> parse_ssl_mode(std::string_view text);
std::string_view to_string(ssl_mode mode) noexcept;

/// The client library below the connector: they keep different promises.
enum class client_library : std::uint8_t {
    mariadb,  ///< libmariadb, below Debian's connector 1.1
    mysql,    ///< libmysqlclient, inside Oracle's connector 8 and 9
};

/// The library that this driver was compiled for.
client_library compiled_for() noexcept;

/// Why a mode can't be guaranteed with a library, and what would work; empty if it can.
std::string_view unkept_mode(ssl_mode mode, client_library library) noexcept;

/// How one attempt to connect uses TLS.
enum class tls_use : std::uint8_t {
    none,
    unverified,  ///< whatever certificate the server has
    verified,    ///< the only one with which libmariadb refuses a server that has no TLS
};

/// What the first attempt does. `plain`: the server had no TLS when it was asked last.
tls_use first_tls_use(ssl_mode mode, client_library library, bool plain) noexcept;

/// How ssl_mode::prefer goes on after a failed attempt; nothing if that failure is final.
///
/// libmariadb tells nobody beforehand whether a server has TLS, and where it may do without takes the
/// connection for encrypted all the same: its caching_sha2_password then sends the bare password. So the
/// first attempt insists on TLS, and the next one asks for exactly what the server turned out to have.
/// `sent`: whether the client sent anything. It asks for TLS before all else, but only a server that has
/// some.
std::optional<tls_use> next_tls_use(ssl_mode mode, tls_use tried, const mysql_error::report& said,
                                    bool sent) noexcept;

/// What is dialled: the address that was counted, or the name that leads to it.
enum class dial_by : std::uint8_t { address, name };

/// The text for the connector's `hostName`. A library compares the certificate with the very text that it
/// dials, so a name is dialled where it is one pod's own name and is to be verified.
/// Returns nothing if the endpoint is neither a literal address nor, if asked for, has a plain DNS name.
std::optional<std::string> host_to_dial(const endpoint_info& where, dial_by by);

/// Adds to the connector's message about a failed TLS handshake what may be missing from the certificate.
std::string explain_tls_failure(const std::string& message, const std::string& dialled);

}  // namespace podpool::detail
