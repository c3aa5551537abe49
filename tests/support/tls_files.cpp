// SPDX-License-Identifier: BSL-1.0
#include "tls_files.hpp"

#include "child_process.hpp"

#include <filesystem>
#include <stdexcept>
#include <vector>

namespace podpool::test {

namespace {

using words = std::vector<std::string>;

words new_key(const std::string& key_file) {
    return {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key_file};
}

void openssl(words command, const words& more = {}) {
    command.insert(command.begin(), "openssl");
    command.insert(command.end(), more.begin(), more.end());
    run_child(command);
}

void make_authority(const std::string& stem, const std::string& name) {
    openssl({"req", "-x509", "-days", "30", "-subj", "/CN=" + name, "-out", stem + ".crt"},
            new_key(stem + ".key"));
}

}  // namespace

tls_files::tls_files(const std::string& server_name) : directory_(make_temporary_directory("podpool-tls-")) {
    try {
        make_authority(directory_ + "/ca", "podpool test authority");
        make_authority(directory_ + "/other", "podpool other authority");
        openssl({"req", "-subj", "/CN=unused", "-out", directory_ + "/server.csr"}, new_key(server_key()));
        sign("DNS:" + server_name);
        std::filesystem::permissions(directory_, std::filesystem::perms::others_exec |
                                                     std::filesystem::perms::owner_all |
                                                     std::filesystem::perms::group_exec);
    } catch (...) {
        std::filesystem::remove_all(directory_);
        throw;
    }
}

void tls_files::sign(const std::string& names) const {
    sign(directory_ + "/server.csr", server_certificate(),
         "subjectAltName=" + names + "\nextendedKeyUsage=serverAuth\n");
}

void tls_files::sign_client(const std::string& subject) const {
    const std::string request = directory_ + "/client.csr";
    openssl({"req", "-subj", subject, "-out", request}, new_key(client_key()));
    sign(request, client_certificate(), "extendedKeyUsage=clientAuth\n");
}

void tls_files::sign(const std::string& request, const std::string& certificate,
                     const std::string& extensions) const {
    write_text(directory_ + "/extensions", extensions);
    openssl({"x509", "-req", "-days", "30", "-in", request, "-CA", ca(), "-CAkey", directory_ + "/ca.key",
             "-CAcreateserial", "-extfile", directory_ + "/extensions", "-out", certificate});
}

tls_files::~tls_files() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

bool tls_files::available(std::string& why) {
    try {
        run_child({"openssl", "version"});
        return true;
    } catch (const std::runtime_error& problem) {
        why = problem.what();
        return false;
    }
}

}  // namespace podpool::test
