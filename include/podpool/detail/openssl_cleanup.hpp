// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <dlfcn.h>

#include <cstdint>

namespace podpool::detail {

/// The priority of a constructor function that runs before all objects with static storage are made.
inline constexpr int before_static_objects = 101;

/// Has the OpenSSL of a database's client library register its clean-up with exit(), now, instead of when the
/// first session uses it. exit() goes backwards: what is made after this call is destroyed before the
/// clean-up. A pool, or an executor, that is destroyed after it would use what is no longer there. Its
/// configuration isn't read yet.
/// `function`: the name of a function of the client library, since a process may have more than one OpenSSL.
inline void register_openssl_cleanup(const char* function) noexcept {
    Dl_info client{};
    void* const found = dlsym(RTLD_DEFAULT, function);
    if (found == nullptr || dladdr(found, &client) == 0) return;
    void* const library = dlopen(client.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr) return;
    // Looks in the libraries that the client library needs, too. There is none if it uses something else for
    // TLS.
    using initialize = int (*)(std::uint64_t options, const void* settings);
    const auto openssl = reinterpret_cast<initialize>(dlsym(library, "OPENSSL_init_crypto"));
    // OPENSSL_INIT_ADD_ALL_DIGESTS, which its TLS wants anyway. Without an option it does nothing.
    constexpr std::uint64_t add_all_digests = 0x8;
    if (openssl != nullptr) openssl(add_all_digests, nullptr);
    dlclose(library);
}

}  // namespace podpool::detail
