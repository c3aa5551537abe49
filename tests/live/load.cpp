// SPDX-License-Identifier: BSL-1.0
#include "load.hpp"

namespace podpool::test {

load::load(pool<database>& pool, std::size_t callers, std::string sql) : pool_(pool), sql_(std::move(sql)) {
    for (std::size_t caller = 0; caller < callers; ++caller) {
        threads_.emplace_back([this] {
            while (!stopping_) work();
        });
    }
}

void load::stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void load::work() {
    failed_query problem;
    problem.asked_at = clock::now();
    lease<database> connection;
    try {
        connection = pool_.acquire();
        problem.where = connection.endpoint();
    } catch (const std::exception& error) {
        const std::lock_guard held(mutex_);
        failed_acquires_.emplace_back(error.what());
        return;
    }
    try {
        connection->query(sql_);
        ++queries_;
    } catch (const std::exception& error) {
        problem.text = error.what();
        connection.release();
        problem.returned_at = clock::now();
        const std::lock_guard held(mutex_);
        failed_queries_.push_back(std::move(problem));
    }
}

bool load::goes_on(std::uint64_t more) const {
    const std::uint64_t goal = queries_ + more;
    return eventually([&] { return queries_ >= goal; });
}

std::vector<std::string> load::failed_acquires() const {
    const std::lock_guard held(mutex_);
    return failed_acquires_;
}

std::vector<load::failed_query> load::failed_queries() const {
    const std::lock_guard held(mutex_);
    return failed_queries_;
}

}  // namespace podpool::test
