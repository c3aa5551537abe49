// SPDX-License-Identifier: BSL-1.0
#include "application.hpp"

namespace demo {

application::application(const std::string& uri, std::size_t threads) : pool_(uri) {
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] {
            while (!ended_) call();
        });
    }
}

application::~application() {
    ended_ = true;
    for (std::thread& thread : threads_) thread.join();
}

application::trouble application::seen() const {
    const std::lock_guard held(mutex_);
    return trouble_;
}

void application::call() {
    podpool::lease<dialect::driver> conn;
    try {
        conn = pool_.acquire();
    } catch (const podpool::error& failed) {
        const std::lock_guard held(mutex_);
        ++trouble_.failed_acquires;
        ++trouble_.reasons[failed.what()];
        return;
    }
    try {
        conn->query(dialect::query);
    } catch (const dialect::driver::error& failed) {
        const std::lock_guard held(mutex_);
        ++trouble_.failed_queries;
        ++trouble_.by_address[conn.endpoint().address];
        ++trouble_.reasons[std::string(failed.message())];
    }
}

}  // namespace demo
