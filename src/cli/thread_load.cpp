// SPDX-License-Identifier: BSL-1.0
#include "cli/thread_load.hpp"

#include <libpq-fe.h>
#include <sys/socket.h>

#include <utility>

namespace podpool::cli {

thread_load::thread_load(const options& settings, const load_request& request)
    : sql_(request.sql), pool_(settings), running_(request.clients) {
    clients_.reserve(request.clients);
    for (std::size_t i = 0; i < request.clients; ++i) {
        clients_.push_back(std::make_unique<client>());
        client& started = *clients_.back();
        try {
            started.thread = std::thread([this, &started] { run(started); });
        } catch (...) {
            // Too many threads for this machine: those that never began don't run.
            {
                const std::scoped_lock held(mutex_);
                running_ -= request.clients - i;
            }
            stop({});
            throw;
        }
    }
}

thread_load::~thread_load() { stop({}); }

bool thread_load::is_stopping() const {
    const std::scoped_lock held(mutex_);
    return stopping_;
}

void thread_load::run(client& self) {
    while (!is_stopping()) {
        std::exception_ptr thrown;
        try {
            query_once(self);
        } catch (...) {
            thrown = std::current_exception();
        }
        if (!thrown) continue;
        if (is_pool_closed(thrown)) break;
        {
            const std::scoped_lock counting(self.mutex);
            self.counted.count_error(thrown);
        }
        std::unique_lock held(mutex_);
        changed_.wait_for(held, error_pause, [this] { return stopping_; });
    }
    const std::scoped_lock held(mutex_);
    --running_;
    changed_.notify_all();
}

void thread_load::query_once(client& self) {
    using clock = std::chrono::steady_clock;
    const auto wanted = clock::now();
    const auto lease = pool_.acquire();
    const auto got = clock::now();
    {
        const std::scoped_lock held(self.mutex);
        self.socket = PQsocket(lease->native_handle());
    }
    std::exception_ptr thrown;
    try {
        lease->query(sql_);
    } catch (...) {
        thrown = std::current_exception();
    }
    const auto answered = clock::now();
    const std::scoped_lock held(self.mutex);
    self.socket = no_socket;
    if (!thrown) {
        self.counted.count_query(lease.endpoint(), wanted, got, answered);
    } else if (self.cut) {
        self.counted.count_cut_off();
    } else {
        std::rethrow_exception(thrown);
    }
}

tally thread_load::total() const {
    tally sum;
    for (const auto& one : clients_) {
        const std::scoped_lock held(one->mutex);
        sum.merge(one->counted);
    }
    return sum;
}

/// libpq's blocking calls have no deadline: a socket that is shut down ends them.
void thread_load::cut_off(client& slow) {
    const std::scoped_lock held(slow.mutex);
    slow.cut = true;
    if (slow.socket != no_socket) ::shutdown(slow.socket, SHUT_RDWR);
}

void thread_load::stop(std::chrono::nanoseconds grace) {
    std::unique_lock held(mutex_);
    stopping_ = true;
    changed_.notify_all();
    held.unlock();
    pool_.close();
    held.lock();
    if (!changed_.wait_for(held, grace, [this] { return running_ == 0; })) {
        held.unlock();
        for (const auto& one : clients_) cut_off(*one);
    }
    if (held) held.unlock();
    for (const auto& one : clients_) {
        if (one->thread.joinable()) one->thread.join();
    }
}

}  // namespace podpool::cli
