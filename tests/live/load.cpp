// SPDX-License-Identifier: BSL-1.0
#include "load.hpp"

#include <algorithm>

namespace podpool::test {

namespace {

/// Whether a pool's figures say that a server has another role than this one.
bool is_other(const stats& known, const endpoint& where, role wanted) {
    return std::any_of(known.endpoints.begin(), known.endpoints.end(), [&](const endpoint_stats& one) {
        return one.where == where && one.role != role::unknown && one.role != wanted;
    });
}

}  // namespace

load::load(pool<database>& pool, std::size_t callers, std::string sql, role wanted)
    : pool_(pool), sql_(std::move(sql)), wanted_(wanted) {
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
        connection = acquire();
        note_wait(clock::now() - problem.asked_at);
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

void load::note_wait(clock::duration waited) {
    clock::duration longest = longest_wait_;
    while (waited > longest && !longest_wait_.compare_exchange_weak(longest, waited)) {
    }
}

lease<database> load::acquire() {
    if (wanted_ == role::any) return pool_.acquire();
    const stats before = pool_.stats();
    lease<database> connection = pool_.acquire(wanted_);
    const endpoint& where = connection.endpoint();
    if (is_other(before, where, wanted_) && is_other(pool_.stats(), where, wanted_)) {
        const std::lock_guard held(mutex_);
        wrong_servers_.push_back(where);
    }
    return connection;
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

std::vector<endpoint> load::wrong_servers() const {
    const std::lock_guard held(mutex_);
    return wrong_servers_;
}

}  // namespace podpool::test
