// SPDX-License-Identifier: BSL-1.0
#include "connect_options.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <string>
#include <variant>

namespace podpool::detail {

namespace {

sql::SQLString text(const std::string& value) { return {value.data(), value.size()}; }

void set_text(sql::ConnectOptionsMap& map, const char* key, const std::string& value) {
    if (!value.empty()) map[key] = text(value);
}

#ifdef PODPOOL_ORACLE_CONNECTOR

constexpr const char* ca_key = "ssl-ca";
constexpr const char* certificate_key = "ssl-cert";
constexpr const char* key_key = "ssl-key";

int connector_mode(ssl_mode mode) {
    switch (mode) {
        case ssl_mode::disable:
            return sql::SSL_MODE_DISABLED;
        case ssl_mode::prefer:
            return sql::SSL_MODE_PREFERRED;
        case ssl_mode::require:
            return sql::SSL_MODE_REQUIRED;
        case ssl_mode::verify_ca:
            return sql::SSL_MODE_VERIFY_CA;
        case ssl_mode::verify_full:
            return sql::SSL_MODE_VERIFY_IDENTITY;
    }
    return sql::SSL_MODE_VERIFY_IDENTITY;
}

void set_mode(sql::ConnectOptionsMap& map, ssl_mode mode, tls_use /*use*/) {
    map["ssl-mode"] = connector_mode(mode);
}

void name_authorities(sql::ConnectOptionsMap& /*map*/) {}

#else

constexpr const char* ca_key = "sslCA";
constexpr const char* ca_path_key = "sslCAPath";
constexpr const char* certificate_key = "sslCert";
constexpr const char* key_key = "sslKey";

void set_mode(sql::ConnectOptionsMap& map, ssl_mode /*mode*/, tls_use use) {
    // libmariadb ignores the connector's OPT_SSL_MODE. What it calls enforcing is only preferring: a man in
    // the middle can switch TLS off. Verifying is the one setting that fails without TLS. Newer versions have
    // both on unless told.
    map["sslEnforce"] = use != tls_use::none;
    map["sslVerify"] = use == tls_use::verified;
}

/// The first of these that says something.
std::string either(const char* variable, const char* function, const char* otherwise) {
    if (const char* const set = std::getenv(variable); set != nullptr && *set != '\0') return set;
    using where = const char* (*)();
    const auto known = reinterpret_cast<where>(dlsym(RTLD_DEFAULT, function));
    return known != nullptr ? known() : otherwise;
}

/// Where none are named: those that OpenSSL takes then. libmariadb takes these by itself, but from 3.4 on it
/// also lets a certificate of no known authority pass then, if the server proves that it knows the password.
void name_authorities(sql::ConnectOptionsMap& map) {
    if (map.contains(ca_key) || map.contains(ca_path_key)) return;
    map[ca_path_key] = text(either("SSL_CERT_DIR", "X509_get_default_cert_dir", "/etc/ssl/certs"));
    const std::string file = either("SSL_CERT_FILE", "X509_get_default_cert_file", "");
    if (access(file.c_str(), R_OK) == 0) map[ca_key] = text(file);
}

#endif

}  // namespace

sql::ConnectOptionsMap connect_options(const mysql_settings& settings, const endpoint& where,
                                       const connect_attempt& attempt) {
    sql::ConnectOptionsMap map;
    const bool socket = where.address.starts_with('/');
    const bool with_tls = !socket && attempt.tls != tls_use::none;
    for (const auto& [key, value] : settings.options) {
        // libmariadb takes each of these for a wish for TLS, and then the connection for encrypted.
        if (!with_tls && key.starts_with("ssl")) continue;
        // Never on, and set below where it must be said.
        if (key == "OPT_RECONNECT") continue;
        if (const auto* flag = std::get_if<bool>(&value)) map[text(key)] = *flag;
        if (const auto* number = std::get_if<int>(&value)) map[text(key)] = *number;
        if (const auto* word = std::get_if<std::string>(&value)) map[text(key)] = text(*word);
    }
    map["hostName"] = text(attempt.host);
    const bool own_user = !attempt.login || attempt.login->user.empty();
    const secret& password = attempt.login ? attempt.login->password : settings.password;
    map["userName"] = text(own_user ? settings.user : attempt.login->user);
    map["password"] = sql::SQLString(password.reveal().data(), password.reveal().size());
    set_text(map, "schema", settings.database);
    if (socket) {
        map["socket"] = text(where.address);
    } else {
        map["port"] = static_cast<int>(where.port);
        set_mode(map, settings.tls, attempt.tls);
    }
    if (with_tls) {
        set_text(map, ca_key, settings.root_certificate);
        set_text(map, certificate_key, settings.certificate);
        set_text(map, key_key, settings.key);
        if (settings.tls == ssl_mode::verify_full) name_authorities(map);
    }
    map["OPT_CONNECT_TIMEOUT"] = static_cast<int>(attempt.limit.count());
    map["OPT_CONNECT_ATTR_ADD"] =
        std::map<sql::SQLString, sql::SQLString>{{"program_name", text(settings.program_name)}};
    if (compiled_for() == client_library::mariadb) {
        // A connection that comes back by itself would be another session. Oracle's library, where that is
        // off unless asked for, writes a warning to standard error when it is told so.
        map["OPT_RECONNECT"] = false;
    }
    return map;
}

}  // namespace podpool::detail
