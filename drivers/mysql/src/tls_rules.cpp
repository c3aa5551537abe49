// SPDX-License-Identifier: BSL-1.0
#include "tls_rules.hpp"

#include "connector.hpp"
#include "errors.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace podpool::detail {

namespace {

struct mode_name {
    std::string_view name;
    ssl_mode mode;
};

constexpr std::array mode_names{
    mode_name{"disable", ssl_mode::disable},         mode_name{"prefer", ssl_mode::prefer},
    mode_name{"require", ssl_mode::require},         mode_name{"verify-ca", ssl_mode::verify_ca},
    mode_name{"verify-full", ssl_mode::verify_full}, mode_name{"DISABLED", ssl_mode::disable},
    mode_name{"PREFERRED", ssl_mode::prefer},        mode_name{"REQUIRED", ssl_mode::require},
    mode_name{"VERIFY_CA", ssl_mode::verify_ca},     mode_name{"VERIFY_IDENTITY", ssl_mode::verify_full},
};

/// Only letters, digits, hyphens, underscores and dots: nothing that the connector could read as a URI.
bool is_plain_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
    });
}

}  // namespace

std::optional<ssl_mode> parse_ssl_mode(std::string_view text) {
    for (const mode_name& one : mode_names) {
        if (one.name == text) return one.mode;
    }
    return std::nullopt;
}

std::string_view to_string(ssl_mode mode) noexcept {
    for (const mode_name& one : mode_names) {
        if (one.mode == mode) return one.name;
    }
    return "prefer";
}

client_library compiled_for() noexcept {
#ifdef PODPOOL_ORACLE_CONNECTOR
    return client_library::mysql;
#else
    return client_library::mariadb;
#endif
}

std::string_view unkept_mode(ssl_mode mode, client_library library) noexcept {
    if (library == client_library::mysql) return {};
    if (mode == ssl_mode::require) {
        return "a man in the middle who hides that the server has TLS would get the login in the clear; set "
               "verify-full, or prefer if encryption without any guarantee is enough";
    }
    if (mode == ssl_mode::verify_ca) {
        return "this library checks the authority only together with the name, or else lets a man in the "
               "middle switch TLS off; set verify-full, with the pod's address (an IP SAN) or its own DNS "
               "name "
               "in the certificate";
    }
    return {};
}

tls_use first_tls_use(ssl_mode mode, client_library library, bool plain) noexcept {
    switch (mode) {
        case ssl_mode::disable:
            return tls_use::none;
        case ssl_mode::prefer:
            // Oracle's library knows of each connection whether it is encrypted.
            if (library == client_library::mysql) return tls_use::unverified;
            return plain ? tls_use::none : tls_use::verified;
        case ssl_mode::require:
            return tls_use::unverified;
        case ssl_mode::verify_ca:
        case ssl_mode::verify_full:
            return tls_use::verified;
    }
    return tls_use::verified;
}

std::optional<tls_use> next_tls_use(ssl_mode mode, tls_use tried, const mysql_error::report& said,
                                    bool sent) noexcept {
    if (mode != ssl_mode::prefer || tried != tls_use::verified || said.number != tls_error_number) {
        return std::nullopt;
    }
    if (!sent) return tls_use::none;
    // Else a certificate was refused, unless the handshake broke off.
    if (kind_of_mysql_connect_failure(said) == failure_kind::rejected) return tls_use::unverified;
    return std::nullopt;
}

std::optional<std::string> host_to_dial(const endpoint_info& where, dial_by by) {
    // The connector goes to the socket's path then; any other text here would be read as a URI.
    if (where.where.address.starts_with('/')) return "localhost";
    boost::system::error_code failed;
    const auto address = boost::asio::ip::make_address(where.where.address, failed);
    if (failed) return std::nullopt;
    if (by == dial_by::name && !where.host.empty()) {
        std::string_view name = where.host;
        if (name.ends_with('.')) name.remove_suffix(1);
        if (!is_plain_name(name)) return std::nullopt;
        return std::string(name);
    }
    // In brackets, since the connector takes what follows the last colon for a port.
    return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
}

std::string explain_tls_failure(const std::string& message, const std::string& dialled) {
    return message + " (the certificate must be signed by the authority in sslrootcert and hold \"" +
           dialled + "\", which is what is dialled, as a subject alternative name)";
}

}  // namespace podpool::detail
