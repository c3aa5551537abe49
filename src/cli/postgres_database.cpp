// SPDX-License-Identifier: BSL-1.0
#include "cli/driver_database.hpp"

#include <podpool/postgres.hpp>

#include <libpq-fe.h>
#include <sys/socket.h>

namespace podpool::cli {

/// libpq's blocking calls have no deadline: a socket that is shut down ends them.
template <>
class interrupter<postgres> {
public:
    interrupter(const postgres&, postgres_connection& querying)
        : socket_(PQsocket(querying.native_handle())) {}

    void operator()() const { ::shutdown(socket_, SHUT_RDWR); }

private:
    int socket_;
};

std::unique_ptr<database> make_postgres(const options& settings) {
    return std::make_unique<driver_database<postgres>>(settings);
}

}  // namespace podpool::cli
