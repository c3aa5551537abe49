// SPDX-License-Identifier: BSL-1.0
#include "load.hpp"

namespace demo {

load::load(postgres_pool& pool, unsigned threads) : pool_(pool) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

load::~load() {
    ended_ = true;
    for (std::thread& thread : threads_) thread.join();
}

load::figures load::now() {
    const std::lock_guard held(mutex_);
    return figures_;
}

void load::work() {
    while (!ended_) one_round();
}

void load::one_round() {
    podpool::lease<podpool::postgres> conn;
    try {
        conn = pool_.acquire();
    } catch (const podpool::error&) {
        const std::lock_guard held(mutex_);
        ++figures_.failed_acquires;
        return;
    }
    const std::string address = conn.endpoint().address;
    try {
        conn->query("select pg_sleep(0.004)");
        const std::lock_guard held(mutex_);
        ++figures_.queries[address];
    } catch (const podpool::postgres::error& failed) {
        const std::lock_guard held(mutex_);
        ++figures_.failed_queries[address + ": " + std::string(failed.message())];
    }
}

}  // namespace demo
