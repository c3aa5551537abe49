// SPDX-License-Identifier: BSL-1.0
#include <podpool/options.hpp>
#include <podpool/version.hpp>

#include <cstdio>

int main() {
    const auto parsed = podpool::options::parse("postgresql://app@db.example/shop?pool_max_conns=32");
    std::printf("podpool %s, pool_max_conns=%u\n", PODPOOL_VERSION, static_cast<unsigned>(parsed.max_conns));
    return parsed.max_conns == 32 ? 0 : 1;
}
