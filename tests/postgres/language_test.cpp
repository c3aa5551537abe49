// SPDX-License-Identifier: BSL-1.0
// What kind of failure it is doesn't depend on the language: of the process, of C++ or of the server.
#include "live.hpp"
#include "support/dns_responder.hpp"
#include "support/german_locale.hpp"
#include "support/tls_files.hpp"

#include <podpool/error.hpp>
#include <podpool/pool.hpp>

#include <libpq-fe.h>
#include <boost/asio/ip/tcp.hpp>

#include <clocale>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace podpool::test {
namespace {

namespace asio = boost::asio;
using enum failure_kind;
using Catch::Matchers::ContainsSubstring;
constexpr const char* service = "pg.db.svc.cluster.local";

/// What libpq says in the tests below, as it stands in the catalogues of libpq 15 and of 16 to 18, which end
/// their texts without a line end.
german_locale::texts translations() {
    const german_locale::texts plain{
        {"server does not support SSL, but SSL was required",
         "Server unterstützt kein SSL, aber SSL wurde verlangt"},
        {"SSL error: %s", "SSL-Fehler: %s"},
        {"SSL error: certificate verify failed: %s", "SSL-Fehler: Zertifikatprüfung fehlgeschlagen: %s"},
        {"server certificate for \"%s\" does not match host name \"%s\"",
         "Serverzertifikat für »%s« gehört nicht zum Rechner »%s«"},
        {"host name must be specified for a verified SSL connection",
         "für eine geprüfte SSL-Verbindung muss ein Rechnername angegeben werden"},
        {"root certificate file \"%s\" does not exist\nEither provide the file or change sslmode to disable "
         "server certificate verification.",
         "Wurzelzertifikatdatei »%s« gibt es nicht\nGeben Sie sie an, oder ändern Sie sslmode."},
        {"root certificate file \"%s\" does not exist\nEither provide the file, use the system's trusted "
         "roots with sslrootcert=system, or change sslmode to disable server certificate verification.",
         "Wurzelzertifikatdatei »%s« gibt es nicht\nGeben Sie sie an, oder ändern Sie sslmode."},
        {"channel binding required, but SSL not in use",
         "Kanalbindung ist verlangt, aber SSL wird nicht verwendet"},
        {"channel binding required but not supported by server's authentication request",
         "Kanalbindung ist verlangt, aber die Anmeldeanfrage des Servers kennt sie nicht"},
        {"invalid integer value \"%s\" for connection option \"%s\"", "»%s« ist keine Zahl für »%s«"},
        {"missing \"=\" after \"%s\" in connection info string", "nach »%s« fehlt ein »=«"},
        {"invalid %s value: \"%s\"", "ungültiger Wert für %s: »%s«"},
        {"could not match %d port numbers to %d hosts", "%d Portnummern für %d Rechner"},
    };
    german_locale::texts all{
        {"connection to server at \"%s\" (%s), port %s failed: ",
         "Verbindung zum Server auf »%s« (%s), Port %s fehlgeschlagen: "},
        {"connection to server at \"%s\", port %s failed: ",
         "Verbindung zum Server auf »%s«, Port %s fehlgeschlagen: "},
        {"LOCATION:  ", "ORT:  "},
    };
    for (const auto& [english, german] : plain) {
        all.emplace_back(english, german);
        all.emplace_back(english + "\n", german + "\n");
    }
    return all;
}

/// The locale, libpq's catalogue in it, and one server without TLS and one with it, for all tests here.
class german_pods {
public:
    static bool available() {
        std::string why;
        const bool can = german_locale::available(why) && tls_files::available(why);
        if (can) return have_postgres();
        WARN("not run: " << why);
        return false;
    }
    static german_pods& shared() {
        static german_pods instance;
        return instance;
    }

    /// For servers that speak German, where PostgreSQL's translation is installed.
    [[nodiscard]] postgres_cluster_settings german_settings() const {
        postgres_cluster_settings settings;
        settings.environment = {"LOCPATH=" + locale_.directory()};
        settings.configuration = {std::string("lc_messages = '") + german_locale::name + "'"};
        return settings;
    }
    [[nodiscard]] const tls_files& files() const { return files_; }
    [[nodiscard]] postgres_server& plain() { return *plain_; }
    [[nodiscard]] postgres_server& tls() { return *tls_; }
    /// An address on which nobody listens.
    [[nodiscard]] endpoint nobody() const { return {plain_cluster_->address(9), plain_cluster_->port()}; }

private:
    german_pods() {
        locale_.translate("libpq5-" + std::to_string(PQlibVersion() / 10000), translations());
        setenv("PGLOCALEDIR", locale_.directory().c_str(), 1);
        plain_cluster_ = std::make_unique<postgres_cluster>();
        plain_ = &plain_cluster_->add_primary();
        postgres_cluster_settings settings;
        settings.tls = &files_;
        // Channel binding is SCRAM's.
        settings.access = {"host all app 127.0.0.0/8 password"};
        tls_cluster_ = std::make_unique<postgres_cluster>(settings);
        tls_ = &tls_cluster_->add_primary();
    }

    german_locale locale_;
    tls_files files_{service};
    std::unique_ptr<postgres_cluster> plain_cluster_;
    std::unique_ptr<postgres_cluster> tls_cluster_;
    postgres_server* plain_ = nullptr;
    postgres_server* tls_ = nullptr;
};

std::string login(const std::string& password = postgres_cluster::password(), const std::string& more = {}) {
    return "user=" + postgres_cluster::user() + " dbname=" + postgres_cluster::database() +
           (password.empty() ? "" : " password=" + password) + " " + more;
}

/// One way in which a connection fails.
struct refusal {
    std::string name;
    std::string connection_string;
    endpoint where;
    /// The name by which the server was found; empty: none.
    std::string host;
    failure_kind kind;
    /// A part of the text that a person reads.
    std::string english;
    /// A part of what libpq says in German when it is asked without podpool; none: nothing of its own.
    std::string german;
};

std::vector<refusal> refusals() {
    german_pods& pods = german_pods::shared();
    const endpoint plain(pods.plain().address(), pods.plain().port());
    const endpoint tls(pods.tls().address(), pods.tls().port());
    const auto verify = [&](const std::string& ca) {
        return login(postgres_cluster::password(), "sslmode=verify-full sslrootcert=" + ca);
    };
    const std::string pw = postgres_cluster::password();
    return {
        {"no TLS at the server", login(pw, "sslmode=require"), plain, "", rejected, "does not support SSL",
         "unterstützt kein SSL"},
        {"missing root certificate", verify("/nowhere/ca.crt"), tls, service, rejected,
         "root certificate file \"/nowhere/ca.crt\" does not exist", "gibt es nicht"},
        {"wrong host name", verify(pods.files().ca()), tls, "other.example", rejected,
         "does not match host name \"other.example\"", "gehört nicht zum Rechner"},
        {"unknown authority", verify(pods.files().other_ca()), tls, service, rejected,
         "certificate verify failed", "SSL-Fehler"},
        {"channel binding without TLS", login(pw, "channel_binding=require sslmode=disable"), plain, "",
         rejected, "channel binding required", "Kanalbindung"},
        {"channel binding that the server can't", login(pw, "channel_binding=require sslmode=require"), tls,
         "", rejected, "channel binding required", "Kanalbindung"},
        {"no password", login(""), plain, "", rejected, "no password supplied", "Verbindung zum Server"},
        {"wrong password", login("wrong-canary"), plain, "", rejected, "28P01: ", "Verbindung zum Server"},
        {"unknown database", login(pw, "dbname=nowhere"), plain, "", rejected,
         "3D000: ", "Verbindung zum Server"},
        {"a value that libpq looks at late", login(pw, "keepalives_idle=often"), plain, "", rejected, "often",
         "ist keine Zahl"},
        {"refused connection", login(pw), pods.nobody(), "", endpoint_down, "refused",
         "Verbindung zum Server"},
    };
}

/// What libpq says of a failed connection by itself, in whatever language it speaks now.
std::string libpq_says(const refusal& how) {
    const std::string name = how.host.empty() ? how.where.address : how.host;
    const std::string text = how.connection_string + " host=" + name + " hostaddr=" + how.where.address +
                             " port=" + std::to_string(how.where.port);
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(text.c_str()), &PQfinish);
    return PQerrorMessage(connection.get());
}

failure open_failure(const refusal& how) {
    live_session session(how.connection_string);
    auto opened = session.run(session.driver.open(endpoint_info(how.where, how.host)));
    CHECK(opened.connection == nullptr);
    return opened.why;
}

/// Each of them fails as it does in English, word for word.
void check_refusals(const std::string& locale, const std::vector<failure>& expected) {
    const std::vector<refusal> all = refusals();
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(locale, all[i].name);
        const process_locale speaks(locale);
        // Else the test would show nothing.
        CHECK_THAT(libpq_says(all[i]), ContainsSubstring(all[i].german));
        const failure why = open_failure(all[i]);
        CHECK(why.kind == all[i].kind);
        CHECK(why.kind == expected[i].kind);
        CHECK(why.message == expected[i].message);
        CHECK(why.message.find("canary") == std::string::npos);
        // The process goes on in its own language.
        CHECK(uselocale(static_cast<locale_t>(nullptr)) == LC_GLOBAL_LOCALE);
        CHECK(std::string(setlocale(LC_MESSAGES, nullptr)) == locale);
    }
}

std::vector<failure> refusals_in_english() {
    std::vector<failure> expected;
    for (const refusal& how : refusals()) {
        CAPTURE(how.name);
        expected.push_back(open_failure(how));
        CHECK(expected.back().kind == how.kind);
        CHECK_THAT(expected.back().message, ContainsSubstring(how.english));
    }
    return expected;
}

TEST_CASE("a refusal is the same, kind and text, in a process that speaks German") {
    if (!german_pods::available()) return;
    german_pods::shared();
    const std::vector<failure> expected = refusals_in_english();
    SECTION("by its locale, in C and in C++") { check_refusals(german_locale::name, expected); }
    SECTION("by LANGUAGE alone") {
        setenv("LANGUAGE", "de", 1);
        bool spoken = false;
        {
            const process_locale speaks("C.UTF-8");
            spoken = libpq_says(refusals().front()).find("Verbindung") != std::string::npos;
        }
        if (spoken) check_refusals("C.UTF-8", expected);
        if (!spoken) WARN("not run: this C library doesn't translate in C.UTF-8");
        unsetenv("LANGUAGE");
    }
}

TEST_CASE("a thread that has a locale of its own keeps it") {
    if (!german_pods::available()) return;
    german_pods::shared();
    const refusal no_tls = refusals().front();
    const failure expected = open_failure(no_tls);
    const std::unique_ptr<std::remove_pointer_t<locale_t>, decltype(&freelocale)> german(
        newlocale(LC_ALL_MASK, german_locale::name, static_cast<locale_t>(nullptr)), &freelocale);
    REQUIRE(german);
    uselocale(german.get());
    const failure why = open_failure(no_tls);
    const locale_t after = uselocale(LC_GLOBAL_LOCALE);
    CHECK(after == german.get());
    CHECK(why.kind == expected.kind);
    CHECK(why.message == expected.message);
}

/// What a caller of a pool is told, which never gives up by itself within the test.
struct told {
    boost::system::error_code code;
    std::string text;
};

told ask_pool(const refusal& how, const std::string& more) {
    const endpoint& where = how.where;
    const std::string host = how.host.empty() ? where.address : how.host;
    pool<postgres> asked(how.connection_string + " host=" + host + " hostaddr=" + where.address +
                         " port=" + std::to_string(where.port) + " " + more);
    try {
        const auto unexpected = asked.acquire();
        return {};
    } catch (const error& problem) {
        return {problem.code(), problem.what()};
    }
}

TEST_CASE("a caller is refused at once, and not after the acquire timeout, in any language") {
    if (!german_pods::available()) return;
    german_pods::shared();
    for (const refusal& how : refusals()) {
        if (how.kind != rejected) continue;
        CAPTURE(how.name);
        const std::string patient = "pool_acquire_timeout=10m pool_connect_timeout=1m";
        const process_locale speaks(german_locale::name);
        const told german = ask_pool(how, patient);
        // The acquire timeout has a code of its own.
        CHECK(german.code == make_error_code(errc::connection_rejected));
        CHECK_THAT(german.text, ContainsSubstring(how.english));
    }
}

TEST_CASE("a server that refuses connections or says nothing is down in any language") {
    if (!german_pods::available()) return;
    german_pods& pods = german_pods::shared();
    asio::io_context context;
    const asio::ip::tcp::acceptor silent(context, {asio::ip::make_address("127.0.0.1"), 0});
    const endpoint mute("127.0.0.1", silent.local_endpoint().port());
    const std::string hasty = "pool_acquire_timeout=1s pool_connect_timeout=300ms";
    const refusal refused{"refused", login(), pods.nobody(), "", endpoint_down, "refused", ""};
    const refusal unanswered{"no answer", login(), mute, "", endpoint_down, "pool_connect_timeout", ""};
    for (const refusal& how : {refused, unanswered}) {
        CAPTURE(how.name);
        const told english = ask_pool(how, hasty);
        const process_locale speaks(german_locale::name);
        const told german = ask_pool(how, hasty);
        CHECK(english.code == make_error_code(errc::acquire_timeout));
        CHECK(german.code == english.code);
        CHECK_THAT(english.text, ContainsSubstring(how.english));
        CHECK_THAT(german.text, ContainsSubstring(how.english));
    }
}

TEST_CASE("a mistake in a connection string is explained alike in any language") {
    if (!german_pods::available()) return;
    german_pods::shared();
    for (const std::string text : {"host=a nonsense", "host=a sslmode=maybe", "host=a,b port=1,2,3"}) {
        CAPTURE(text);
        const auto complaint = [&] {
            try {
                const postgres driver(options::parse(text));
                return std::string();
            } catch (const error& problem) {
                return std::string(problem.what());
            }
        };
        const std::string english = complaint();
        CHECK_FALSE(english.empty());
        const process_locale speaks(german_locale::name);
        CHECK(complaint() == english);
    }
}

TEST_CASE("a server that speaks German refuses as one that speaks English") {
    if (!german_pods::available()) return;
    postgres_cluster cluster(german_pods::shared().german_settings());
    postgres_server& server = cluster.add_primary();
    const endpoint where(server.address(), server.port());
    const refusal password{"wrong password", login("wrong-canary"), where, "", rejected, "28P01: ", ""};
    const std::string text = open_failure(password).message;
    if (text.find("Passwort") == std::string::npos) {
        WARN("not run: PostgreSQL's German translation isn't installed, it says: " << text);
        return;
    }
    const std::string pw = postgres_cluster::password();
    const std::vector<refusal> all{
        password,
        {"unknown database", login(pw, "dbname='a:  53300: b'"), where, "", rejected, "3D000: ", ""},
        {"unknown setting", login(pw, "options='-c nothing.of.the=kind -c wrong=1'"), where, "", rejected,
         "42", ""},
    };
    for (const refusal& how : all) {
        for (const std::string locale : {"C", german_locale::name}) {
            CAPTURE(how.name, locale);
            const process_locale speaks(locale);
            const failure why = open_failure(how);
            CHECK(why.kind == how.kind);
            CHECK_THAT(why.message, ContainsSubstring(how.english));
            CHECK_THAT(why.message, !ContainsSubstring("canary") && !ContainsSubstring("ORT: "));
        }
    }
    live_session held(server);
    server.begin_stop(stop_mode::smart);
    eventually("new sessions are refused", [&] {
        live_session session(conninfo(server));
        const auto opened = session.open(server);
        if (opened.connection) return false;
        CHECK(opened.why.kind == endpoint_down);
        return opened.why.message.find("57P03: ") != std::string::npos;
    });
    held.connection.reset();
}

TEST_CASE("the end of a session has the same reason on a server that speaks German") {
    if (!german_pods::available()) return;
    postgres_cluster cluster(german_pods::shared().german_settings());
    postgres_server& server = cluster.add_primary();
    const process_locale speaks(german_locale::name);
    live_session session(server);
    const std::string pid = session.cell("select pg_backend_pid()");
    server.sql("select pg_terminate_backend(" + pid + ")");
    eventually("the end is noticed", [&] { return !session.driver.is_alive(*session.connection); });
    const failure why = session.inspect(reset_mode::full).why;
    CHECK(why.kind == session_terminated);
    CHECK_THAT(why.message, ContainsSubstring("FATAL 57P01: "));
}

TEST_CASE("numbers keep their form in a process that groups their digits and writes a decimal comma") {
    if (!german_pods::available()) return;
    postgres_server& server = german_pods::shared().plain();
    const process_locale speaks(german_locale::name);
    std::ostringstream grouped;
    grouped << 1234567.5;
    REQUIRE_THAT(grouped.str(), ContainsSubstring(","));
    live_session session(server, "keepalives_idle=1200 pool_max_conn_lifetime=1500s");
    const auto row = session.connection->query(
        "select $1::float8, $2::int8, $3::float8::text, $4::int8::text", 1234567.5, 1234567, 0.25, 7654321);
    CHECK(row.get<double>(0, std::size_t{0}) == 1234567.5);
    CHECK(row.get<long>(0, std::size_t{1}) == 1234567);
    CHECK(row.get<std::string>(0, std::size_t{2}) == "0.25");
    CHECK(row.get<std::string>(0, std::size_t{3}) == "7654321");
}

TEST_CASE("a name server's silence is told with a decimal point") {
    if (!german_pods::available()) return;
    german_pods::shared();
    const process_locale speaks(german_locale::name);
    dns_responder server;
    for (const auto type : {dns_reply::type_a, dns_reply::type_aaaa}) {
        server.set("db.example", type, dns_reply::silence());
    }
    const pool<postgres> unanswered(
        "host=db.example. user=app dbname=shop pool_connect_timeout=200ms "
        "pool_dns_servers=" +
        server.address());
    std::string problem;
    eventually("the question failed", [&] {
        problem = unanswered.stats().discovery_error;
        return !problem.empty();
    });
    const std::size_t within = problem.find(" within 0.");
    CHECK(within != std::string::npos);
    CHECK(problem.find(" within 0,") == std::string::npos);
}

}  // namespace
}  // namespace podpool::test
