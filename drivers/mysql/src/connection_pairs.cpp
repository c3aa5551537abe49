// SPDX-License-Identifier: BSL-1.0
#include "connection_pairs.hpp"

#include <podpool/detail/connection_string.hpp>
#include <podpool/error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace podpool::detail {

namespace {

/// Another name of a key: the connector's, the clients' or a common one.
struct alias {
    std::string_view name;
    std::string_view key;
};

constexpr std::array aliases{
    alias{"database", "dbname"},
    alias{"db", "dbname"},
    alias{"schema", "dbname"},
    alias{"hostName", "host"},
    alias{"hostname", "host"},
    alias{"userName", "user"},
    alias{"username", "user"},
    alias{"passwd", "password"},
    alias{"sslCA", "sslrootcert"},
    alias{"ssl-ca", "sslrootcert"},
    alias{"ssl_ca", "sslrootcert"},
    alias{"sslCert", "sslcert"},
    alias{"ssl-cert", "sslcert"},
    alias{"ssl_cert", "sslcert"},
    alias{"sslKey", "sslkey"},
    alias{"ssl-key", "sslkey"},
    alias{"ssl_key", "sslkey"},
    alias{"ssl-mode", "sslmode"},
    alias{"ssl_mode", "sslmode"},
    alias{"OPT_SSL_MODE", "sslmode"},
    alias{"unix_socket", "socket"},
    alias{"charset", "OPT_CHARSET_NAME"},
    alias{"ssl-capath", "sslCAPath"},
    alias{"ssl-cipher", "sslCipher"},
    alias{"ssl-crl", "sslCRL"},
    alias{"ssl-crlpath", "sslCRLPath"},
    alias{"tls-version", "OPT_TLS_VERSION"},
};

std::string known_key(std::string_view given) {
    const auto* found =
        std::find_if(aliases.begin(), aliases.end(), [given](const alias& one) { return one.name == given; });
    return std::string(found == aliases.end() ? given : found->key);
}

void add(mysql_pairs& pairs, std::string_view given, std::string value) {
    const std::string key = known_key(given);
    if (key.empty()) refuse_mysql_string("a \"=\" without a key before it");
    if (!pairs.emplace(key, secret(std::move(value))).second) {
        refuse_mysql_string("\"" + shown_key(key) + "\" is given twice; expected it once");
    }
}

/// `what` names the part of the string; its text may be a password and isn't shown.
std::string decoded(std::string_view text, const std::string& what) {
    std::string out;
    const std::string_view problem = percent_decode(text, out);
    if (!problem.empty()) refuse_mysql_string(what + " " + std::string(problem));
    return out;
}

/// One `host:port` of a URI, added to the two lists.
void add_host(std::string_view text, std::string& hosts, std::string& ports) {
    std::string_view host = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) refuse_mysql_string("the \"[\" of an IPv6 address isn't closed");
        host = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (!port.empty() && port.front() != ':') {
            refuse_mysql_string("expected \":\" and a port, or nothing, after the \"]\" of an IPv6 address");
        }
        port.remove_prefix(port.empty() ? 0 : 1);
    } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (port.find(':') != std::string_view::npos) {
            // Not shown: with the "@" forgotten it is user and password.
            refuse_mysql_string(
                "a host has more than one \":\"; in a URI, an IPv6 address is written in brackets");
        }
    }
    const std::string name = decoded(host, "a host");
    if (name.find(',') != std::string::npos) refuse_mysql_string("a host has a comma (%2C)");
    hosts += name;
    ports.append(port);
}

/// What stands between `//` and the `/` or `?` after it.
void add_authority(std::string_view text, mysql_pairs& pairs) {
    if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
        const std::string_view user = text.substr(0, at);
        const std::size_t colon = user.find(':');
        add(pairs, "user", decoded(user.substr(0, colon), "the user name"));
        if (colon != std::string_view::npos) {
            add(pairs, "password", decoded(user.substr(colon + 1), "the password"));
        }
        text.remove_prefix(at + 1);
    }
    if (text.empty()) return;
    std::string hosts;
    std::string ports;
    for (;;) {
        const std::size_t comma = text.find(',');
        add_host(text.substr(0, comma), hosts, ports);
        if (comma == std::string_view::npos) break;
        hosts += ',';
        ports += ',';
        text.remove_prefix(comma + 1);
    }
    add(pairs, "host", std::move(hosts));
    if (ports.find_first_not_of(',') != std::string::npos) add(pairs, "port", std::move(ports));
}

void add_query(std::string_view text, mysql_pairs& pairs) {
    while (!text.empty()) {
        const std::string_view segment = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(segment.size() + 1, text.size()));
        const std::size_t equals = segment.find('=');
        if (equals == std::string_view::npos) {
            // Not shown: it may be what follows a "&" in a password.
            refuse_mysql_string(
                "a word after the \"?\" has no \"=\" and value; in a URI, & in a value is written %26");
        }
        const std::string key = decoded(segment.substr(0, equals), "a key after the \"?\"");
        const std::string_view value = segment.substr(equals + 1);
        if (value.find('=') != std::string_view::npos) {
            refuse_mysql_string("\"" + shown_key(key) +
                                "\": the value holds a second \"=\"; in a URI, = in a value is written %3D");
        }
        add(pairs, key, decoded(value, "the value of \"" + shown_key(key) + "\""));
    }
}

mysql_pairs read_uri(std::string_view text, std::size_t scheme) {
    const std::string_view name = text.substr(0, scheme);
    if (name != "mysql://" && name != "mariadb://") {
        refuse_mysql_string("the scheme is \"" + std::string(name) + "\"; expected mysql:// or mariadb://");
    }
    const std::size_t mark = query_mark(text, scheme);
    std::string_view body = text.substr(scheme, mark == std::string_view::npos ? mark : mark - scheme);
    if (std::count(body.begin(), body.end(), '@') > 1 || body.find('@', body.find('/')) < body.size()) {
        refuse_mysql_string(
            "more than one \"@\", or one after a \"/\", before the \"?\"; in a user name, a password or a "
            "database, "
            "write @ as %40, / as %2F and ? as %3F");
    }
    mysql_pairs pairs;
    const std::size_t slash = body.find('/');
    add_authority(body.substr(0, slash), pairs);
    if (slash != std::string_view::npos && slash + 1 < body.size()) {
        const std::string_view database = body.substr(slash + 1);
        if (database.find('/') != std::string_view::npos) {
            refuse_mysql_string("the database has a \"/\"; in a URI it is written %2F");
        }
        add(pairs, "dbname", decoded(database, "the database"));
    }
    if (mark != std::string_view::npos) add_query(text.substr(mark + 1), pairs);
    return pairs;
}

mysql_pairs read_keywords(std::string_view text) {
    mysql_pairs pairs;
    for (std::size_t pos = skip_blanks(text, 0); pos < text.size(); pos = skip_blanks(text, pos)) {
        const std::size_t end = std::min(text.find_first_of("= \t\n\v\f\r", pos), text.size());
        const std::string_view key = text.substr(pos, end - pos);
        pos = skip_blanks(text, end);
        if (pos == text.size() || text[pos] != '=') {
            // The word may be a part of a password with a blank in it.
            refuse_mysql_string(
                "expected key=value pairs with blanks between them, or mysql://...; a word has no \"=\" "
                "after it "
                "(a value with a blank needs single quotes)");
        }
        pos = skip_blanks(text, pos + 1);
        std::string decoded_value;
        const keyword_value value = scan_value(text, pos, &decoded_value);
        if (!value.closed) {
            refuse_mysql_string("the quote before the value of \"" + shown_key(key) + "\" isn't closed");
        }
        pos = value.end;
        add(pairs, key, std::move(decoded_value));
    }
    return pairs;
}

}  // namespace

void refuse_mysql_string(const std::string& reason) {
    throw error(errc::invalid_options, plain_line("MySQL connection string: " + reason));
}

mysql_pairs read_mysql_pairs(std::string_view text) {
    const std::size_t scheme = scheme_length(text);
    return scheme != 0 ? read_uri(text, scheme) : read_keywords(text);
}

}  // namespace podpool::detail
