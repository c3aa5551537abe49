// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace podpool::detail {

/// The type that the connector wants an option's value to have; it throws for another one.
/// tls_versions: a text of which libmariadb ignores what it doesn't know.
enum class option_type : std::uint8_t { flag, number, text, tls_versions };

/// An option that is handed to the connector under its own name.
struct connector_option {
    std::string_view key;
    option_type type;
};

/// The connector takes any name and ignores those it doesn't know, so only these are handed on.
inline constexpr std::array connector_options{
    connector_option{"CLIENT_COMPRESS", option_type::flag},
    connector_option{"CLIENT_FOUND_ROWS", option_type::flag},
    connector_option{"CLIENT_IGNORE_SPACE", option_type::flag},
    connector_option{"CLIENT_INTERACTIVE", option_type::flag},
    connector_option{"CLIENT_LOCAL_FILES", option_type::flag},
    connector_option{"CLIENT_NO_SCHEMA", option_type::flag},
    connector_option{"OPT_CHARSET_NAME", option_type::text},
    connector_option{"OPT_ENABLE_CLEARTEXT_PLUGIN", option_type::flag},
    connector_option{"OPT_LOCAL_INFILE", option_type::number},
    connector_option{"OPT_MAX_ALLOWED_PACKET", option_type::number},
    connector_option{"OPT_NET_BUFFER_LENGTH", option_type::number},
    connector_option{"OPT_READ_TIMEOUT", option_type::number},
    connector_option{"OPT_RECONNECT", option_type::flag},
    connector_option{"OPT_REPORT_DATA_TRUNCATION", option_type::flag},
    connector_option{"OPT_TLS_VERSION", option_type::tls_versions},
    connector_option{"OPT_WRITE_TIMEOUT", option_type::number},
    connector_option{"characterSetResults", option_type::text},
    connector_option{"charsetDir", option_type::text},
    connector_option{"defaultAuth", option_type::text},
    connector_option{"pluginDir", option_type::text},
    connector_option{"preInit", option_type::text},
    connector_option{"rsaKey", option_type::text},
    connector_option{"sslCAPath", option_type::text},
    connector_option{"sslCRL", option_type::text},
    connector_option{"sslCRLPath", option_type::text},
    connector_option{"sslCipher", option_type::text},
};

using connector_value = std::variant<bool, int, std::string>;

/// The option of this name, or null.
const connector_option* find_connector_option(std::string_view key) noexcept;

/// Why an option of the connector can't be used here, and what to use instead; empty for all others.
std::string_view refused_option(std::string_view key) noexcept;

/// A value of the wanted type: true/false (or 1/0, on/off, yes/no), a number from 0 on, a text, or TLS
/// versions with commas between them. Returns nothing for another text; `expected(type)` says what would have
/// been right.
std::optional<connector_value> read_connector_value(option_type type, std::string_view text);
std::string_view expected(option_type type) noexcept;

}  // namespace podpool::detail
