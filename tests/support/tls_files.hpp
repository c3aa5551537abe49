// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace podpool::test {

/// A certificate authority, a server certificate whose only name is the given one, and the certificate
/// of another authority that signed nothing here. Made by the openssl command, removed at the end.
class tls_files {
public:
    /// `server_name` is the DNS name in the server's certificate. Throws std::runtime_error.
    explicit tls_files(const std::string& server_name);
    tls_files(const tls_files&) = delete;
    tls_files& operator=(const tls_files&) = delete;
    ~tls_files();

    /// Issues the server's certificate anew, for other names, as openssl writes them: `DNS:a,IP:10.0.0.1`.
    void sign(const std::string& names) const;

    /// Issues a certificate for a client of this name, as openssl writes it: `/O=group/CN=name`.
    void sign_client(const std::string& subject) const;

    /// Whether the openssl command exists; if not, `why` says so.
    static bool available(std::string& why);

    /// Certificate of the authority that signed the server's certificate.
    [[nodiscard]] std::string ca() const { return directory_ + "/ca.crt"; }
    /// Certificate of the other authority.
    [[nodiscard]] std::string other_ca() const { return directory_ + "/other.crt"; }
    [[nodiscard]] std::string server_certificate() const { return directory_ + "/server.crt"; }
    [[nodiscard]] std::string server_key() const { return directory_ + "/server.key"; }
    /// What sign_client() made.
    [[nodiscard]] std::string client_certificate() const { return directory_ + "/client.crt"; }
    [[nodiscard]] std::string client_key() const { return directory_ + "/client.key"; }

private:
    void sign(const std::string& request, const std::string& certificate,
              const std::string& extensions) const;

    std::string directory_;
};

}  // namespace podpool::test
