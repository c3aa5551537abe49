// SPDX-License-Identifier: BSL-1.0
#include "settings.hpp"

#include "connection_pairs.hpp"

#include <podpool/detail/connection_string.hpp>
#include <podpool/detail/foreign_keys.hpp>
#include <podpool/detail/host_list.hpp>
#include <podpool/detail/nearest.hpp>
#include <podpool/detail/option_message.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace podpool::detail {

namespace {

constexpr std::uint16_t usual_port = 3306;
constexpr std::string_view mask = "***";

/// A key that the connector doesn't know under this name.
struct own_key {
    std::string_view key;
};

constexpr std::array own_keys{
    own_key{"connect_timeout"}, own_key{"dbname"}, own_key{"host"},
    own_key{"password"},        own_key{"port"},   own_key{"socket"},
    own_key{"sslcert"},         own_key{"sslkey"}, own_key{"sslmode"},
    own_key{"sslrootcert"},     own_key{"user"},   own_key{"target_session_attrs"},
};

std::string take(mysql_pairs& pairs, const std::string& key) {
    const auto found = pairs.find(key);
    if (found == pairs.end()) return {};
    std::string value(found->second.reveal());
    pairs.erase(found);
    return value;
}

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// The value of a key for a message; the connector's own options hold no passwords, but a mistake in
/// quoting can put one there.
std::string shown(std::string_view key, std::string_view value) {
    return in_quotes(key) + " is " + shown_value(value);
}

void read_hosts(mysql_pairs& pairs, mysql_settings& into) {
    const std::string socket = take(pairs, "socket");
    host_list list{take(pairs, "host"), {}, take(pairs, "port")};
    if (!socket.empty()) {
        if (!socket.starts_with('/')) refuse_mysql_string("\"socket\" is no absolute path");
        // As the clients have it, localhost is the server behind the socket.
        if (!list.hosts.empty() && list.hosts != "localhost") {
            refuse_mysql_string("\"socket\" and the host " + shown_value(list.hosts) +
                                " are both given; expected one of them, or the host localhost");
        }
        list.hosts = socket;
    }
    if (list.hosts.empty()) {
        refuse_mysql_string(
            "no host is given; expected mysql://user@host/database, or host=... or socket=...");
    }
    into.targets = read_targets(list, usual_port, refuse_mysql_string);
}

void read_attrs(mysql_pairs& pairs, mysql_settings& into) {
    const std::string text = take(pairs, "target_session_attrs");
    if (text.empty()) return;
    const auto attrs = parse_session_attrs(text);
    if (!attrs) {
        refuse_mysql_string(shown("target_session_attrs", text) + "; " + std::string(session_attrs_expected));
    }
    into.wanted = *attrs;
}

bool is_given(const mysql_pairs& pairs, std::string_view key) { return pairs.contains(std::string(key)); }

/// What can't do anything in a mode is an error: whoever wrote it expects something of it.
void check_tls_keys(const mysql_settings& settings, const mysql_pairs& pairs) {
    const std::string mode = "sslmode=" + std::string(to_string(settings.tls));
    if (settings.tls != ssl_mode::verify_ca && settings.tls != ssl_mode::verify_full) {
        for (const std::string_view key : {"sslrootcert", "sslCAPath", "sslCRL", "sslCRLPath"}) {
            if (!is_given(pairs, key)) continue;
            refuse_mysql_string(in_quotes(key) + " is given, but " + mode +
                                " checks no certificate; set sslmode=verify-full");
        }
    }
    if (settings.tls == ssl_mode::disable) {
        for (const std::string_view key : {"sslcert", "sslkey", "sslCipher", "OPT_TLS_VERSION"}) {
            if (!is_given(pairs, key)) continue;
            refuse_mysql_string(in_quotes(key) + " is given, but " + mode + " uses no TLS");
        }
    }
}

void check_tls(const mysql_settings& settings) {
    const std::string mode = "sslmode=" + std::string(to_string(settings.tls));
    if (const std::string_view problem = unkept_mode(settings.tls, compiled_for()); !problem.empty()) {
        refuse_mysql_string(mode + " can't be kept by the client library here: " + std::string(problem));
    }
    if (settings.certificate.empty() != settings.key.empty()) {
        refuse_mysql_string("\"sslcert\" and \"sslkey\" belong together; only one of them is given");
    }
    const bool socket = std::any_of(settings.targets.begin(), settings.targets.end(),
                                    [](const discovery_target& one) { return one.host.starts_with('/'); });
    if (socket && settings.tls != ssl_mode::disable && settings.tls != ssl_mode::prefer) {
        refuse_mysql_string(mode +
                            " can't be kept over a Unix socket, which has no TLS; set sslmode=disable");
    }
}

void read_tls(mysql_pairs& pairs, mysql_settings& into) {
    if (const std::string text = take(pairs, "sslmode"); !text.empty()) {
        const auto mode = parse_ssl_mode(text);
        if (!mode) {
            refuse_mysql_string(shown("sslmode", text) +
                                "; expected disable, prefer, require, verify-ca or verify-full");
        }
        into.tls = *mode;
    }
    check_tls_keys(into, pairs);
    into.root_certificate = take(pairs, "sslrootcert");
    into.certificate = take(pairs, "sslcert");
    into.key = take(pairs, "sslkey");
    // An SRV answer brings each pod's own name; other names may lead to any of several pods.
    const bool own_names = into.pool.discovery == discovery_kind::srv;
    into.dial = into.tls == ssl_mode::verify_full && own_names ? dial_by::name : dial_by::address;
    check_tls(into);
}

/// What to write instead of an unknown key: the key that means the same, or a known one that is near.
std::string hint_at(std::string_view key) {
    if (const std::string_view advice = advice_for(key, true); !advice.empty()) return std::string(advice);
    const std::string_view own = nearest(key, own_keys).key;
    const std::string_view option = nearest(key, connector_options).key;
    const std::string_view known = edit_distance(key, own) <= edit_distance(key, option) ? own : option;
    return is_near(key, known) ? "the nearest known one is " + in_quotes(known)
                               : "docs/mysql.md lists the known ones";
}

connector_value read_option(const std::string& key, std::string_view text) {
    if (const std::string_view reason = refused_option(key); !reason.empty()) {
        refuse_mysql_string(in_quotes(key) + " can't be set here: " + std::string(reason));
    }
    if (key == "OPT_ENABLE_CLEARTEXT_PLUGIN" && compiled_for() == client_library::mariadb) {
        refuse_mysql_string(
            in_quotes(key) +
            " changes nothing in the client library here, which sends a password in the clear "
            "to whichever server asks for it so; set sslmode=verify-full");
    }
    const connector_option* option = find_connector_option(key);
    if (option == nullptr) {
        const std::string known = shown_key(key);
        refuse_mysql_string("unknown key " + in_quotes(known) + "; " + hint_at(known));
    }
    const auto value = read_connector_value(option->type, text);
    if (!value) {
        refuse_mysql_string(shown(key, text) + "; expected " + std::string(expected(option->type)));
    }
    if (key == "OPT_RECONNECT" && std::get<bool>(*value)) {
        refuse_mysql_string(
            "OPT_RECONNECT=true would swap the session behind the pool's back; the pool reconnects");
    }
    return *value;
}

/// A file of the client's is sent only to a server that is trusted with all of them.
constexpr std::string_view local_infile = "OPT_LOCAL_INFILE";

void read_options(const mysql_pairs& pairs, mysql_settings& into) {
    for (const auto& [key, value] : pairs) {
        into.options.emplace_back(key, read_option(key, value.reveal()));
        into.shown[key] = value.reveal();
    }
    if (!pairs.contains(std::string(local_infile))) into.options.emplace_back(local_infile, 0);
}

std::chrono::seconds whole_seconds(std::chrono::nanoseconds limit) {
    return std::max(std::chrono::ceil<std::chrono::seconds>(limit), std::chrono::seconds(1));
}

void show(mysql_settings& settings) {
    std::string hosts;
    std::string ports;
    for (const discovery_target& one : settings.targets) {
        hosts.append(hosts.empty() ? "" : ",").append(one.host);
        ports.append(ports.empty() ? "" : ",").append(std::to_string(one.port));
    }
    settings.shown["host"] = hosts;
    settings.shown["port"] = ports;
    settings.shown["user"] = settings.user;
    settings.shown["dbname"] = settings.database;
    if (!settings.password.empty()) settings.shown["password"] = mask;
    settings.shown["sslmode"] = to_string(settings.tls);
    if (!settings.root_certificate.empty()) settings.shown["sslrootcert"] = settings.root_certificate;
    if (!settings.certificate.empty()) {
        settings.shown["sslcert"] = settings.certificate;
        settings.shown["sslkey"] = settings.key;
    }
    settings.shown["target_session_attrs"] = to_string(settings.wanted);
}

}  // namespace

mysql_settings read_mysql_settings(const options& pool) {
    mysql_settings settings;
    settings.pool = pool;
    settings.cluster = std::make_shared<cluster_identity>(pool.verify_cluster);
    if (pool.verify_cluster == learn_cluster) {
        refuse_mysql_string(
            "pool_verify_cluster is \"learn\", but MySQL's servers have a server_uuid each; expected all of "
            "them");
    }
    mysql_pairs pairs = read_mysql_pairs(pool.driver_string.reveal());
    settings.user = take(pairs, "user");
    settings.database = take(pairs, "dbname");
    if (const auto password = pairs.find("password"); password != pairs.end()) {
        settings.password = std::move(password->second);
        pairs.erase(password);
    }
    take(pairs, std::string(connect_timeout_key));  // options::parse() has read it
    read_hosts(pairs, settings);
    read_attrs(pairs, settings);
    read_tls(pairs, settings);
    read_options(pairs, settings);
    settings.connect_timeout = whole_seconds(pool.connect_timeout);
    settings.label = make_label(settings.targets, settings.database);
    settings.program_name = pool.name.empty() ? settings.label : pool.name;
    show(settings);
    return settings;
}

}  // namespace podpool::detail
