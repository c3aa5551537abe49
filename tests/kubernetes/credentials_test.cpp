// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/credentials.hpp"

#include <podpool/error.hpp>

#include "support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using Catch::Matchers::ContainsSubstring;
using podpool::detail::api_access;
using podpool::detail::choose_access;
using podpool::detail::choose_namespace;
using podpool::detail::environment_of_process;
using podpool::detail::pod_environment;
using podpool::detail::read_certificates;
using podpool::detail::read_token;

namespace {

/// The files of a ServiceAccount, and what Kubernetes puts into a pod's environment.
class account {
public:
    account() {
        std::string pattern = (std::filesystem::temp_directory_path() / "podpool-account-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        environment.directory = pattern;
        environment.host = "10.96.0.1";
        environment.port = "443";
    }
    account(const account&) = delete;
    account& operator=(const account&) = delete;
    ~account() { std::filesystem::remove_all(environment.directory); }

    std::string write(const std::string& name, const std::string& text) const {
        const std::string path = environment.directory + "/" + name;
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }

    pod_environment environment;
};

template <class Call>
std::string refusal_by(Call call) {
    try {
        (void)call();
    } catch (const podpool::error& problem) {
        REQUIRE(problem.code() == podpool::errc::invalid_options);
        return problem.what();
    }
    FAIL("nothing was refused");
    return {};
}

api_access access_to(const std::string& api, const std::string& token_file = {},
                     const std::string& ca_file = {}) {
    return choose_access({api, token_file, ca_file}, account().environment);
}

std::string refused_api(const std::string& api) {
    return refusal_by([&] { return access_to(api); });
}

}  // namespace

TEST_CASE("a pod asks the API server of its own cluster with its own token and certificates") {
    const account pod;
    const std::string& files = pod.environment.directory;
    const api_access expected{true, "10.96.0.1", 443, "", files + "/token", files + "/ca.crt"};
    CHECK(choose_access({}, pod.environment) == expected);
    const api_access own{true, "10.96.0.1", 443, "", "/run/t", "/run/c"};
    CHECK(choose_access({"", "/run/t", "/run/c"}, pod.environment) == own);
    pod_environment ipv6 = pod.environment;
    ipv6.host = "FD00::1";
    ipv6.port = "6443";
    CHECK(to_string(choose_access({}, ipv6)) == "https://[fd00::1]:6443");
}

TEST_CASE("what Kubernetes tells a pod is in its environment and in one directory") {
    ::setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
    ::setenv("KUBERNETES_SERVICE_PORT", "6443", 1);
    const api_access access = choose_access({}, environment_of_process());
    CHECK(to_string(access) == "https://10.96.0.1:6443");
    CHECK(access.token_file == "/var/run/secrets/kubernetes.io/serviceaccount/token");
    CHECK(access.ca_file == "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");
    ::unsetenv("KUBERNETES_SERVICE_HOST");
    ::unsetenv("KUBERNETES_SERVICE_PORT");
    CHECK(environment_of_process().host.empty());
    CHECK(environment_of_process().port.empty());
}

TEST_CASE("outside of a pod the API server must be named") {
    for (const auto& [host, port] : {std::pair("", ""), std::pair("10.96.0.1", ""), std::pair("", "443")}) {
        pod_environment outside;
        outside.host = host;
        outside.port = port;
        CHECK_THAT(refusal_by([&] { return choose_access({}, outside); }),
                   ContainsSubstring("pool_kubernetes_api names the API server elsewhere"));
    }
    pod_environment odd;
    odd.host = "10.96.0.1";
    odd.port = "tcp://10.96.0.1:443";
    CHECK_THAT(refusal_by([&] { return choose_access({}, odd); }),
               ContainsSubstring("KUBERNETES_SERVICE_PORT is \"tcp://10.96.0.1:443\"; expected 1 to 65535"));
    odd.port = "443";
    odd.host = "a b";
    CHECK_THAT(refusal_by([&] { return choose_access({}, odd); }),
               ContainsSubstring("KUBERNETES_SERVICE_HOST is \"a b\"; expected an address or a name"));
}

TEST_CASE("the pod's own token never goes to another API server") {
    CHECK(access_to("https://k8s.example.com").token_file.empty());
    CHECK(access_to("https://k8s.example.com").ca_file.empty());
    // Not even where it looks like its own one.
    CHECK(access_to("https://10.96.0.1:443").token_file.empty());
    CHECK(access_to("https://k8s.example.com", "/run/t", "/run/c") ==
          api_access{true, "k8s.example.com", 443, "", "/run/t", "/run/c"});
}

TEST_CASE("a token is never sent over http, and http goes nowhere but to this machine") {
    CHECK(access_to("http://127.0.0.1:8001") == api_access{false, "127.0.0.1", 8001, "", "", ""});
    CHECK(access_to("http://localhost") == api_access{false, "localhost", 80, "", "", ""});
    CHECK(access_to("http://[::1]:8001").host == "::1");
    CHECK(access_to("http://127.9.9.9").host == "127.9.9.9");
    for (const char* api : {"http://127.0.0.1:8001", "http://localhost", "http://[::1]"}) {
        CHECK_THAT(refusal_by([&] { return access_to(api, "/run/t"); }),
                   ContainsSubstring(
                       "isn't encrypted, so the token of pool_kubernetes_token_file isn't sent to it"));
        CHECK_THAT(refusal_by([&] { return access_to(api, "", "/run/c"); }),
                   ContainsSubstring(
                       "isn't encrypted, so it has no certificate for pool_kubernetes_ca_file to verify"));
    }
    for (const char* api :
         {"http://10.96.0.1:8001", "http://k8s.example.com", "http://[fd00::1]",
          "http://localhost.example.com", "http://127.0.0.1.example.com", "http://0.0.0.0"}) {
        CAPTURE(api);
        CHECK_THAT(refused_api(api), ContainsSubstring("is neither encrypted nor on this machine"));
    }
}

TEST_CASE("the address of an API server is read in each of its forms") {
    CHECK(access_to("https://k8s.example.com") == api_access{true, "k8s.example.com", 443, "", "", ""});
    CHECK(access_to("HTTPS://K8S.Example.Com:6443/") ==
          api_access{true, "k8s.example.com", 6443, "", "", ""});
    CHECK(access_to("https://[fd00::1]:6443") == api_access{true, "fd00::1", 6443, "", "", ""});
    CHECK(access_to("https://[fd00::1]") == api_access{true, "fd00::1", 443, "", "", ""});
    CHECK(access_to("https://rancher.example.com/k8s/clusters/c-1//") ==
          api_access{true, "rancher.example.com", 443, "/k8s/clusters/c-1", "", ""});
    CHECK(to_string(access_to("https://[fd00::1]/k8s")) == "https://[fd00::1]:443/k8s");
    CHECK(to_string(access_to("http://localhost:8001")) == "http://localhost:8001");
}

TEST_CASE("what is no address of an API server is refused, without showing a password in it") {
    CHECK_THAT(refused_api("k8s.example.com:6443"),
               ContainsSubstring("begins neither with https:// nor with http://"));
    CHECK_THAT(refused_api("ftp://k8s"), ContainsSubstring("begins neither with"));
    for (const char* api : {"https://", "https://:443", "https://fd00::1", "https://a_b", "https:///path"}) {
        CAPTURE(api);
        CHECK_THAT(refused_api(api), ContainsSubstring("names no host"));
    }
    for (const char* api :
         {"https://k8s:", "https://k8s:0", "https://k8s:65536", "https://k8s:x", "https://[::1]:"}) {
        CAPTURE(api);
        CHECK_THAT(refused_api(api), ContainsSubstring("has no port from 1 to 65535 after its host"));
    }
    CHECK_THAT(refused_api("https://[::1"), ContainsSubstring("has a `[` without a `]`"));
    CHECK_THAT(refused_api("https://[::1]443"),
               ContainsSubstring("something other than a port after the `]`"));
    for (const char* api :
         {"https://k8s?x", "https://k8s/#x", "https://k8s/a b", "https://k8s\r\nX: y", "https://k\xc3\xbc"}) {
        CAPTURE(api);
        CHECK_THAT(refused_api(api), ContainsSubstring("has characters that don't belong there"));
    }
    const std::string text = refused_api("https://admin:hunter2@k8s.example.com");
    CHECK_THAT(text, ContainsSubstring("characters that don't belong there"));
    CHECK(text.find("hunter2") == std::string::npos);
}

TEST_CASE("the namespace that a Service's name lacks is the pod's own") {
    const account pod;
    CHECK(choose_namespace({"db", "prod"}, pod.environment) == "prod");
    CHECK_THAT(
        refusal_by([&] { return choose_namespace({"db", {}}, pod.environment); }),
        ContainsSubstring("the namespace of the Service db isn't known: " + pod.environment.directory +
                          "/namespace can't be read: No such file or directory; expected the Service's "
                          "namespace in its name, such as db.prod"));
    (void)pod.write("namespace", "shop\n");
    CHECK(choose_namespace({"db", {}}, pod.environment) == "shop");
    for (const char* wrong : {"Shop", "a b", "../x", "a\n\nb"}) {
        CAPTURE(wrong);
        (void)pod.write("namespace", wrong);
        CHECK_THAT(refusal_by([&] { return choose_namespace({"db", {}}, pod.environment); }),
                   ContainsSubstring("/namespace holds \""));
    }
    (void)pod.write("namespace", " \n");
    CHECK_THAT(refusal_by([&] { return choose_namespace({"db", {}}, pod.environment); }),
               ContainsSubstring("/namespace is empty; expected"));
}

TEST_CASE("a token is read anew each time, without the white space around it") {
    const account pod;
    const std::string path = pod.write("token", "eyJhbGciOi.eyJhdWQi.sig_-\n");
    CHECK(read_token(path).text.reveal() == "eyJhbGciOi.eyJhdWQi.sig_-");
    CHECK(read_token(path).problem.empty());
    (void)pod.write("token", " \t\r\nnew\r\n ");
    CHECK(read_token(path).text.reveal() == "new");
    // As the kubelet does it: another file takes its place.
    const std::string other = pod.write("other", "newer");
    std::filesystem::rename(other, path);
    CHECK(read_token(path).text.reveal() == "newer");
}

TEST_CASE("a token that can't be used is a problem that says nothing of it") {
    const account pod;
    CHECK(read_token(pod.environment.directory + "/none").problem ==
          pod.environment.directory + "/none can't be read: No such file or directory");
    CHECK_THAT(read_token(pod.environment.directory).problem,
               ContainsSubstring(" can't be read: Is a directory"));
    CHECK_THAT(read_token(pod.write("token", "")).problem, ContainsSubstring("/token is empty"));
    CHECK_THAT(read_token(pod.write("token", " \n")).problem, ContainsSubstring("/token is empty"));
    for (const char* wrong : {"two words", "line\nX-Header: y", "t\x01", "t\xff"}) {
        CAPTURE(wrong);
        const auto found = read_token(pod.write("token", wrong));
        CHECK_THAT(found.problem, ContainsSubstring("/token holds no token"));
        CHECK(found.problem.find("X-Header") == std::string::npos);
        CHECK(found.text.empty());
    }
    CHECK(read_token(pod.write("token", std::string(65536, 't'))).text.reveal().size() == 65536);
    const auto large = read_token(pod.write("token", std::string(65537, 't')));
    CHECK_THAT(large.problem, ContainsSubstring("/token has more than 65536 bytes"));
    CHECK(large.text.empty());
}

TEST_CASE("certificates are read as they are") {
    const account pod;
    const std::string text = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
    CHECK(read_certificates(pod.write("ca.crt", text)).text.reveal() == text);
    CHECK_THAT(read_certificates(pod.environment.directory + "/none").problem,
               ContainsSubstring("can't be read"));
}
