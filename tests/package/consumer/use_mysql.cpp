// SPDX-License-Identifier: BSL-1.0
#include <podpool/mysql.hpp>
#include <podpool/podpool.hpp>

#include <cstdio>

int main() {
    // Nothing listens there: this is about compiling, linking and starting.
    podpool::pool<podpool::mysql> pool{"mysql://app@127.0.0.1:1/shop?pool_max_conns=2"};
    const auto lease = pool.try_acquire();
    std::printf("%s\n", lease ? "unexpected: a connection" : "no idle connection, as expected");
    return lease ? 1 : 0;
}
