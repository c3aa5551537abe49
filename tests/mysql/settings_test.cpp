// SPDX-License-Identifier: BSL-1.0
#include "settings.hpp"
#include "support/catch.hpp"

#include <podpool/error.hpp>
#include <podpool/mysql.hpp>

#include <string>
#include <variant>
#include <vector>

namespace podpool::detail {
namespace {

mysql_settings read(const std::string& text) { return read_mysql_settings(options::parse(text)); }

std::string problem_of(const std::string& text) {
    try {
        read(text);
    } catch (const error& problem) {
        CHECK(problem.code() == errc::invalid_options);
        // A key without a value is found before the drivers look.
        const std::string reason = problem.what();
        CHECK((reason.starts_with("MySQL connection string: ") ||
               reason.find("no value before the next") != std::string::npos));
        return reason;
    }
    return {};
}

std::string password_of(const mysql_settings& settings) { return std::string(settings.password.reveal()); }

/// The value handed to the connector, or nothing.
std::string handed(const mysql_settings& settings, const std::string& key) {
    for (const auto& [name, value] : settings.options) {
        if (name != key) continue;
        if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "flag on" : "flag off";
        if (const auto* number = std::get_if<int>(&value)) return "number " + std::to_string(*number);
        return "text " + std::get<std::string>(value);
    }
    return {};
}

TEST_CASE("a URI is taken apart and decoded") {
    const mysql_settings settings = read(
        "mysql://us%40er:p%2Fw%3A%25@db.prod:3307/sh%20op?OPT_READ_TIMEOUT=30&charset=utf8mb4"
        "&target_session_attrs=primary&pool_max_conns=3");
    CHECK(settings.user == "us@er");
    CHECK(password_of(settings) == "p/w:%");
    CHECK(settings.database == "sh op");
    REQUIRE(settings.targets.size() == 1);
    CHECK(settings.targets[0].host == "db.prod");
    CHECK(settings.targets[0].port == 3307);
    CHECK(settings.wanted == session_attrs::primary);
    CHECK(settings.label == "db.prod:3307/sh op");
    CHECK(handed(settings, "OPT_READ_TIMEOUT") == "number 30");
    CHECK(handed(settings, "OPT_CHARSET_NAME") == "text utf8mb4");
    CHECK(settings.pool.max_conns == 3);
}

TEST_CASE("a cluster's identity can't be learnt from one of MySQL's servers") {
    CHECK(problem_of("mysql://db/shop?pool_verify_cluster=learn") ==
          "MySQL connection string: pool_verify_cluster is \"learn\", but MySQL's servers have a server_uuid "
          "each; "
          "expected all of them");
    CHECK(read("mysql://db/shop?pool_verify_cluster=a-1,b-2").cluster->wanted());
}

TEST_CASE("a keyword/value string says the same, and mariadb:// is mysql://") {
    for (const char* text : {"host=db.prod port=3307 user='a b' password='it\\'s' dbname=shop",
                             "mysql://a%20b:it's@db.prod:3307/shop", "mariadb://a%20b:it's@db.prod:3307/shop",
                             "mysql://db.prod:3307/shop?user=a%20b&password=it%27s",
                             "hostName=db.prod port=3307 userName='a b' passwd=it\\'s schema=shop"}) {
        CAPTURE(text);
        const mysql_settings settings = read(text);
        CHECK(settings.user == "a b");
        CHECK(password_of(settings) == "it's");
        CHECK(settings.label == "db.prod:3307/shop");
    }
}

TEST_CASE("hosts are names, addresses and sockets, with ports of their own or the usual one") {
    const mysql_settings list = read("mysql://u@a,10.0.0.1:1,[fd00::1]:2,[fd00::2]/d");
    REQUIRE(list.targets.size() == 4);
    CHECK(list.targets[0].host == "a");
    CHECK(list.targets[0].port == 3306);
    CHECK(list.targets[1].host == "10.0.0.1");
    CHECK(list.targets[1].port == 1);
    CHECK(list.targets[2].host == "fd00::1");
    CHECK(list.targets[2].port == 2);
    CHECK(list.targets[3].port == 3306);
    CHECK(list.label == "a:3306+3/d");
    CHECK(read("host=a,b port=7").targets[1].port == 7);
    for (const char* text :
         {"mysql:///d?socket=/run/mysqld/s.sock", "mysql://u@%2Frun%2Fmysqld%2Fs.sock/d",
          "host=/run/mysqld/s.sock dbname=d", "mysql://u@localhost/d?socket=/run/mysqld/s.sock",
          "mysql://u@/d?unix_socket=/run/mysqld/s.sock",
          "mysql://u@localhost/d?unix_socket=%2Frun%2Fmysqld%2Fs.sock",
          "mysql://u:p@%2frun%2fmysqld%2fs.sock/d", "host=localhost socket=/run/mysqld/s.sock dbname=d"}) {
        CAPTURE(text);
        const mysql_settings socket = read(text);
        REQUIRE(socket.targets.size() == 1);
        CHECK(socket.targets[0].host == "/run/mysqld/s.sock");
        CHECK(socket.targets[0].port == 3306);
    }
}

TEST_CASE("an unknown key is refused with the nearest known one") {
    CHECK(problem_of("mysql://u@h/d?OPT_READ_TIMOUT=3")
              .find("\"OPT_READ_TIMOUT\"; the nearest known one is \"OPT_READ_TIMEOUT\"") !=
          std::string::npos);
    CHECK(problem_of("host=h usr=u").find("unknown key \"usr\"; the nearest known one is \"user\"") !=
          std::string::npos);
    CHECK(problem_of("mysql://u@h/d?ssl_mod=verify-full").find("sslmode") != std::string::npos);
    CHECK(problem_of("mysql://u@h/d?opt_reconnect=false").find("unknown key") != std::string::npos);
}

TEST_CASE("an unknown key is answered with the key that means the same, or with where the known ones are") {
    CHECK(problem_of("mysql://u@h/d?ssl=true").find("unknown key \"ssl\"; use sslmode") != std::string::npos);
    CHECK(problem_of("mysql://u@h/d?useSSL=true").find("; use sslmode") != std::string::npos);
    CHECK(problem_of("mysql://u@h/d?connectTimeout=3").find("; use pool_connect_timeout") !=
          std::string::npos);
    CHECK(problem_of("mysql://u@h/d?maximumPoolSize=3").find("; use pool_max_conns") != std::string::npos);
    CHECK(problem_of("mysql://u@h/d?loc=UTC").find("\"loc\"; docs/mysql.md lists") != std::string::npos);
}

TEST_CASE("connect_timeout is the pool's, and not handed to the connector") {
    const mysql_settings settings = read("mysql://u@h/d?connect_timeout=3");
    CHECK(settings.connect_timeout == std::chrono::seconds(3));
    CHECK(handed(settings, "connect_timeout").empty());
}

TEST_CASE("options of the connector have their types, and bad values say what was expected") {
    CHECK(handed(read("mysql://u@h/d?CLIENT_FOUND_ROWS=true"), "CLIENT_FOUND_ROWS") == "flag on");
    CHECK(handed(read("mysql://u@h/d?CLIENT_COMPRESS=0"), "CLIENT_COMPRESS") == "flag off");
    CHECK(handed(read("mysql://u@h/d"), "OPT_LOCAL_INFILE") == "number 0");
    CHECK(handed(read("mysql://u@h/d?OPT_LOCAL_INFILE=1"), "OPT_LOCAL_INFILE") == "number 1");
    CHECK(problem_of("mysql://u@h/d?CLIENT_FOUND_ROWS=maybe")
              .find("\"CLIENT_FOUND_ROWS\" is \"maybe\"; expected true or false") != std::string::npos);
    for (const char* value : {"-1", "3s", "", "99999999999"}) {
        CAPTURE(value);
        CHECK(problem_of(std::string("mysql://u@h/d?OPT_READ_TIMEOUT=") + value)
                  .find("expected a number from 0 to 2147483647") != std::string::npos);
    }
}

TEST_CASE("only versions of TLS that the library knows are taken: it would drop the others and allow more") {
    for (const char* versions : {"TLSv1.3", "TLSv1.2,TLSv1.3", "TLSv1.0,TLSv1.1,TLSv1.2,TLSv1.3"}) {
        CAPTURE(versions);
        CHECK(handed(read(std::string("mysql://u@h/d?OPT_TLS_VERSION=") + versions), "OPT_TLS_VERSION") ==
              std::string("text ") + versions);
    }
    for (const char* versions : {"", "TLSv1.4", "tlsv1.3", "TLSv1.3,", ",TLSv1.3", "TLSv1.2 TLSv1.3", "TLSv1",
                                 "TLSv1.2,,TLSv1.3", "TLSv1.2, TLSv1.3", "xTLSv1.3"}) {
        CAPTURE(versions);
        CHECK(problem_of(std::string("mysql://u@h/d?tls-version=") + versions)
                  .find("\"OPT_TLS_VERSION\" is \"" + std::string(versions) +
                        "\"; expected one or more of TLSv1.0, TLSv1.1, TLSv1.2 and TLSv1.3") !=
              std::string::npos);
    }
}

TEST_CASE("what would break the pool's promises is refused, and what to do instead is said") {
    struct row {
        const char* pair;
        const char* hint;
    };
    for (const row& expected :
         {row{"OPT_RECONNECT=true", "behind the pool's back"},
          row{"CLIENT_MULTI_STATEMENTS=true", "one statement"},
          row{"OPT_CONNECT_TIMEOUT=3", "pool_connect_timeout"}, row{"readDefaultFile=/etc/my.cnf", "a file"},
          row{"sslVerify=true", "sslmode=verify-full"}, row{"sslEnforce=true", "sslmode=verify-full"},
          row{"OPT_DNS_SRV=true", "pool_discovery=srv"}, row{"postInit=set autocommit %3D 0", "set preInit"},
          row{"defaultStatementResultType=1", "whole results"}}) {
        CAPTURE(expected.pair);
        CHECK(problem_of(std::string("mysql://u@h/d?") + expected.pair).find(expected.hint) !=
              std::string::npos);
    }
    CHECK(handed(read("mysql://u@h/d?OPT_RECONNECT=false"), "OPT_RECONNECT") == "flag off");
}

TEST_CASE("malformed strings say where and what was expected") {
    struct row {
        const char* text;
        const char* hint;
    };
    for (const row& expected :
         {row{"", "no host is given"},
          row{"mysql://", "no host is given"},
          row{"postgresql://h/d", "expected mysql:// or mariadb://"},
          row{"mysql://u@h:0/d", "the port of host \"h\" is no number from 1 to 65535"},
          row{"mysql://u@h:70000/d", "from 1 to 65535"},
          row{"mysql://u@fd00::1/d", "IPv6 address is written in brackets"},
          row{"mysql://u@[fd00::1/d", "isn't closed"},
          row{"mysql://u@h/a/b", "%2F"},
          row{"mysql://u@h,,i/d", "host 2 is empty"},
          row{"mysql://u@h/d?user=v", "\"user\" is given twice"},
          row{"mysql://u@h/d?port=%zz", "\"port\" has a \"%\" without two hex digits"},
          row{"mysql://u@h/d?compress", "no \"=\""},
          row{"mysql://u@h/d?socket=/s", "\"socket\" and the host \"h\" are both given"},
          row{"mysql://u@h/d?unix_socket=/s", "or the host localhost"},
          row{"mysql://localhost,h/d?socket=/s", "\"socket\" and the host \"localhost,h\" are both given"},
          row{"mysql:///d?socket=/s&unix_socket=/s", "\"socket\" is given twice"},
          row{"socket=relative", "no absolute path"},
          row{"host=a,b,c port=1,2", "2 ports are given for 3 hosts"},
          row{"host=h password='open", "isn't closed"},
          row{"host=h trailing", "has no \"=\" after it"},
          row{"host=h target_session_attrs=master", "prefer-standby"},
          row{"host=h sslmode=verify", "expected disable, prefer, require, verify-ca or verify-full"}}) {
        CAPTURE(expected.text);
        CHECK(problem_of(expected.text).find(expected.hint) != std::string::npos);
    }
}

TEST_CASE("no message shows a password, however the string is broken") {
    const std::vector<std::string> strings{
        "mysql://u:canary@@h/d",
        "mysql://u:canary/x@h/d",
        "mysql://u:canary",
        "mysql://u:canary@h:canary/d",
        "mysql://u:can%zzary@h/d",
        "mysql://h/d?password=canary&canary",
        "mysql://h/d?password=a=canary",
        "mysql://h/d?password=can%zzary",
        "mysql://u:canary@h/d?sslmode=x",
        "mysql://u:canary@h/d?nonsense=1",
        "password=canary host=h sslmode=x",
        "password='canary host=h",
        "password=two canary host=h",
        "host=h OPT_READ_TIMEOUT= password=canary",
        "host=h password=canary password=canary",
        "host=h sslmode= password=canary",
    };
    for (const std::string& text : strings) {
        const std::string problem = problem_of(text);
        CAPTURE(text, problem);
        CHECK_FALSE(problem.empty());
        CHECK(problem.find("canary") == std::string::npos);
    }
}

TEST_CASE("TLS is what was asked for, or it is refused") {
    CHECK(read("mysql://u@h/d").tls == ssl_mode::prefer);
    CHECK(read("mysql://u@h/d?sslmode=disable").tls == ssl_mode::disable);
    const mysql_settings full = read("mysql://u@h/d?ssl-mode=VERIFY_IDENTITY&ssl-ca=/ca.crt");
    CHECK(full.tls == ssl_mode::verify_full);
    CHECK(full.root_certificate == "/ca.crt");
    CHECK(full.dial == dial_by::address);
    CHECK(read("mysql://u@h/d?sslmode=verify-full&pool_discovery=srv").dial == dial_by::name);
    CHECK(read("mysql://u@h/d?pool_discovery=srv").dial == dial_by::address);
    if (compiled_for() == client_library::mariadb) {
        CHECK(problem_of("mysql://u@h/d?sslmode=require").find("set verify-full") != std::string::npos);
        CHECK(problem_of("mysql://u@h/d?sslmode=verify-ca&sslrootcert=/ca").find("set verify-full") !=
              std::string::npos);
        CHECK(problem_of("mysql://u@h/d?OPT_ENABLE_CLEARTEXT_PLUGIN=false").find("changes nothing") !=
              std::string::npos);
        CHECK(problem_of("mysql://u@h/d?OPT_SSL_MODE=REQUIRED").find("sslmode=require can't be kept") !=
              std::string::npos);
    }
    for (const std::string key : {"sslrootcert", "sslCAPath", "sslCRL", "sslCRLPath"}) {
        CAPTURE(key);
        for (const std::string mode : {"prefer", "disable"}) {
            CHECK(problem_of("mysql://u@h/d?sslmode=" + mode + "&" + key + "=/ca.crt")
                      .find("\"" + key + "\" is given, but sslmode=" + mode +
                            " checks no certificate; set sslmode=verify-full") != std::string::npos);
        }
        CHECK(problem_of("mysql://u@h/d?sslmode=verify-full&" + key + "=/ca.crt").empty());
    }
    for (const std::string pair : {"sslcert=/c&sslkey=/k", "sslCipher=AES256", "OPT_TLS_VERSION=TLSv1.3"}) {
        CAPTURE(pair);
        CHECK(problem_of("mysql://u@h/d?sslmode=disable&" + pair).find("uses no TLS") != std::string::npos);
        CHECK(problem_of("mysql://u@h/d?sslmode=prefer&" + pair).empty());
    }
    CHECK(problem_of("mysql://u@h/d?sslmode=verify-full&sslcert=/c").find("belong together") !=
          std::string::npos);
    CHECK(problem_of("mysql:///d?socket=/s&sslmode=verify-full").find("Unix socket") != std::string::npos);
}

TEST_CASE("what each library can't keep is known for both") {
    using enum ssl_mode;
    for (const ssl_mode mode : {disable, prefer, require, verify_ca, verify_full}) {
        CAPTURE(to_string(mode));
        CHECK(unkept_mode(mode, client_library::mysql).empty());
        CHECK(unkept_mode(mode, client_library::mariadb).empty() ==
              (mode == disable || mode == prefer || mode == verify_full));
        CHECK(parse_ssl_mode(to_string(mode)) == mode);
    }
}

TEST_CASE("prefer insists on TLS first, and then asks for exactly what the server has") {
    using enum ssl_mode;
    CHECK(first_tls_use(disable, client_library::mariadb, false) == tls_use::none);
    CHECK(first_tls_use(prefer, client_library::mariadb, false) == tls_use::verified);
    CHECK(first_tls_use(prefer, client_library::mariadb, true) == tls_use::none);
    CHECK(first_tls_use(prefer, client_library::mysql, false) == tls_use::unverified);
    for (const bool plain : {false, true}) {
        CHECK(first_tls_use(verify_full, client_library::mariadb, plain) == tls_use::verified);
    }
    const mysql_error::report no_tls{
        2026, "HY000", "SSL is required, but the server does not support it", {}};
    const mysql_error::report untrusted{2026, "HY000", "TLS/SSL error: certificate verify failed", {}};
    const mysql_error::report broken{2026, "HY000", "TLS/SSL error: unexpected eof while reading", {}};
    const mysql_error::report refused{1045, "28000", "Access denied", {}};
    CHECK(next_tls_use(prefer, tls_use::verified, no_tls, false) == tls_use::none);
    CHECK(next_tls_use(prefer, tls_use::verified, untrusted, true) == tls_use::unverified);
    // What was sent counts, and not the words.
    const mysql_error::report other_words{2026, "HY000", "der Server kann kein TLS", {}};
    CHECK(next_tls_use(prefer, tls_use::verified, other_words, false) == tls_use::none);
    CHECK(next_tls_use(prefer, tls_use::verified, no_tls, true) == tls_use::unverified);
    for (const mysql_error::report& last : {broken, refused}) {
        CHECK_FALSE(next_tls_use(prefer, tls_use::verified, last, true).has_value());
    }
    CHECK_FALSE(next_tls_use(prefer, tls_use::unverified, untrusted, true).has_value());
    CHECK_FALSE(next_tls_use(prefer, tls_use::none, no_tls, false).has_value());
    CHECK_FALSE(next_tls_use(verify_full, tls_use::verified, no_tls, false).has_value());
}

TEST_CASE("only literal addresses and plain names are dialled") {
    const auto dialled = [](const std::string& address, const std::string& host, dial_by by) {
        return host_to_dial(endpoint_info(endpoint(address, 3306), host), by).value_or("refused");
    };
    CHECK(dialled("10.0.0.1", "db.prod", dial_by::address) == "10.0.0.1");
    CHECK(dialled("fd00::1", "", dial_by::address) == "[fd00::1]");
    CHECK(dialled("/run/s.sock", "", dial_by::address) == "localhost");
    CHECK(dialled("10.0.0.1", "db-0.db.prod.", dial_by::name) == "db-0.db.prod");
    CHECK(dialled("10.0.0.1", "", dial_by::name) == "10.0.0.1");
    CHECK(dialled("tcp://10.0.0.1:1/x", "", dial_by::address) == "refused");
    CHECK(dialled("db.prod", "", dial_by::address) == "refused");
    CHECK(dialled("10.0.0.1", "tcp://evil:1", dial_by::name) == "refused");
    CHECK(dialled("10.0.0.1", "evil/x", dial_by::name) == "refused");
    CHECK(dialled("10.0.0.1", "[evil]", dial_by::name) == "refused");
}

TEST_CASE("deadlines are rounded up to whole seconds") {
    CHECK(read("mysql://u@h/d?pool_connect_timeout=10ms").connect_timeout == std::chrono::seconds(1));
    CHECK(read("mysql://u@h/d?pool_connect_timeout=2s").connect_timeout == std::chrono::seconds(2));
    CHECK(read("mysql://u@h/d?pool_connect_timeout=2001ms").connect_timeout == std::chrono::seconds(3));
}

TEST_CASE("a read-only server is a standby, so that read-only lets no primary in") {
    const auto roles_of = [](const std::string& attrs) {
        return mysql(options::parse("mysql://u@h/d?target_session_attrs=" + attrs)).roles();
    };
    CHECK(roles_of("any").primary);
    CHECK(roles_of("any").standby);
    CHECK_FALSE(roles_of("read-only").primary);
    CHECK(roles_of("read-only").standby);
    CHECK(roles_of("read-write").primary);
    CHECK_FALSE(roles_of("read-write").standby);
    CHECK_FALSE(roles_of("standby").primary);
    CHECK_FALSE(roles_of("primary").standby);
    CHECK(roles_of("prefer-standby").prefer_standby);
}

TEST_CASE("the driver shows every key in force and no password") {
    const mysql driver(options::parse("mysql://app:canary@db.prod,db2:3307/shop?OPT_READ_TIMEOUT=5"));
    CHECK(driver.label() == "db.prod:3306+1/shop");
    const auto shown = driver.parameters();
    CHECK(shown.at("host") == "db.prod,db2");
    CHECK(shown.at("port") == "3306,3307");
    CHECK(shown.at("user") == "app");
    CHECK(shown.at("password") == "***");
    CHECK(shown.at("dbname") == "shop");
    CHECK(shown.at("sslmode") == "prefer");
    CHECK(shown.at("target_session_attrs") == "any");
    CHECK(shown.at("OPT_READ_TIMEOUT") == "5");
    for (const auto& [key, value] : shown) CHECK(value.find("canary") == std::string::npos);
}

}  // namespace
}  // namespace podpool::detail
