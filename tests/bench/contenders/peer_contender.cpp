// SPDX-License-Identifier: BSL-1.0
// What podpool is compared with: libpq with a hand-written pool, and without any.
#include "../hand_pool.hpp"
#include "contender.hpp"
#include "libpq_script.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <exception>
#include <stdexcept>
#include <system_error>

namespace podpool::bench {

namespace {

namespace asio = boost::asio;

/// A connection for each of them, and each caller's statements.
struct callers_and_connections {
    explicit callers_and_connections(const contender_settings& settings) {
        for (std::size_t index = 0; index < settings.connections; ++index) {
            connections.push_back(open_libpq(settings.uri));
        }
        for (std::size_t index = 0; index < settings.callers; ++index) scripts.emplace_back(settings.work);
    }

    [[nodiscard]] std::vector<PGconn*> pointers() const {
        std::vector<PGconn*> result;
        for (const libpq_connection& each : connections) result.push_back(each.get());
        return result;
    }

    std::vector<libpq_connection> connections;
    std::deque<libpq_script> scripts;
};

void run_hand_pool(const contender_settings& settings, bool resets) {
    callers_and_connections all(settings);
    hand_pool<PGconn> pool(all.pointers());
    serve(settings, [&](contender_round& round) {
        run_threads(round, [&](std::size_t caller) {
            all.scripts[caller].draw();
            const auto leased = pool.acquire();
            all.scripts[caller].run(&*leased);
            if (resets) libpq_script::take(&*leased, PQexec(&*leased, "DISCARD ALL"));
        });
    });
}

void run_raw(const contender_settings& settings) {
    callers_and_connections all(settings);
    serve(settings, [&](contender_round& round) {
        run_threads(round, [&](std::size_t caller) {
            all.scripts[caller].draw();
            all.scripts[caller].run(all.connections[caller].get());
        });
    });
}

/// acquire + release of connections that are numbers.
void run_stub(const contender_settings& settings) {
    constexpr std::uint64_t batch = 256;
    std::vector<int> numbers(settings.connections);
    std::vector<int*> pointers;
    for (int& each : numbers) pointers.push_back(&each);
    hand_pool<int> pool(pointers);
    serve(settings, [&](contender_round& round) {
        round.begin();
        caller_round& caller = round.callers().front();
        while (caller.goes_on()) {
            for (std::uint64_t cycle = 0; cycle < batch; ++cycle) {
                const auto leased = pool.acquire();
                asm volatile("" : : "r"(&*leased) : "memory");
            }
            caller.done(batch);
        }
    });
}

/// Takes what has come; true when the statement's answer is complete.
bool take_answer(PGconn* from) {
    if (PQconsumeInput(from) == 0) throw std::runtime_error(PQerrorMessage(from));
    while (PQisBusy(from) == 0) {
        PGresult* const answer = PQgetResult(from);
        if (answer == nullptr) return true;
        libpq_script::take(from, answer);
    }
    return false;
}

asio::awaitable<void> call_by_asio(asio::posix::stream_descriptor& socket, PGconn* on, libpq_script& script,
                                   caller_round& caller) {
    while (caller.goes_on()) {
        script.draw();
        for (std::size_t index = 0; index < script.size(); ++index) {
            script.send(on, index);
            do {
                co_await socket.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
            } while (!take_answer(on));
        }
        caller.done();
    }
}

void run_asio(const contender_settings& settings) {
    callers_and_connections all(settings);
    asio::io_context context(1);
    std::deque<asio::posix::stream_descriptor> sockets;
    for (PGconn* const each : all.pointers()) {
        PQsetnonblocking(each, 1);
        sockets.emplace_back(context, dup(PQsocket(each)));
    }
    serve(settings, [&](contender_round& round) {
        std::exception_ptr problem;
        round.begin();
        for (std::size_t index = 0; index < settings.callers; ++index) {
            asio::co_spawn(context,
                           call_by_asio(sockets[index], all.connections[index].get(), all.scripts[index],
                                        round.callers()[index]),
                           [&](const std::exception_ptr& thrown) {
                               if (thrown) problem = thrown;
                           });
        }
        context.run();
        context.restart();
        if (problem) std::rethrow_exception(problem);
    });
}

/// One thread that waits for all connections at once, level-triggered, and nothing else.
class epoll_loop {
public:
    explicit epoll_loop(const contender_settings& settings)
        : all_(settings), steps_(settings.callers), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
        for (std::size_t index = 0; index < settings.callers; ++index) {
            PGconn* const each = all_.connections[index].get();
            PQsetnonblocking(each, 1);
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = index;
            if (epoll_ctl(epoll_, EPOLL_CTL_ADD, PQsocket(each), &event) != 0) {
                throw std::system_error(errno, std::generic_category(), "epoll_ctl");
            }
        }
    }
    epoll_loop(const epoll_loop&) = delete;
    epoll_loop& operator=(const epoll_loop&) = delete;
    ~epoll_loop() { close(epoll_); }

    void run(contender_round& round) {
        round.begin();
        running_ = 0;
        for (std::size_t index = 0; index < steps_.size(); ++index) {
            if (begin_next(index, round.callers()[index])) ++running_;
        }
        std::array<epoll_event, 64> events{};
        while (running_ > 0) {
            const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int at = 0; at < ready; ++at) {
                const auto index = static_cast<std::size_t>(events[static_cast<std::size_t>(at)].data.u64);
                go_on(index, round.callers()[index]);
            }
        }
    }

private:
    bool begin_next(std::size_t index, const caller_round& caller) {
        if (!caller.goes_on()) return false;
        all_.scripts[index].draw();
        steps_[index] = 0;
        all_.scripts[index].send(all_.connections[index].get(), 0);
        return true;
    }

    void go_on(std::size_t index, caller_round& caller) {
        PGconn* const connection = all_.connections[index].get();
        if (!take_answer(connection)) return;
        if (++steps_[index] < all_.scripts[index].size()) {
            all_.scripts[index].send(connection, steps_[index]);
            return;
        }
        caller.done();
        if (!begin_next(index, caller)) --running_;
    }

    callers_and_connections all_;
    std::vector<std::size_t> steps_;
    int epoll_;
    std::size_t running_ = 0;
};

void run_epoll(const contender_settings& settings) {
    epoll_loop loop(settings);
    serve(settings, [&](contender_round& round) { loop.run(round); });
}

void run(const contender_settings& settings) {
    if (settings.work == workload::nothing) return run_stub(settings);
    if (settings.kind == "hand") return run_hand_pool(settings, false);
    if (settings.kind == "hand_discard") return run_hand_pool(settings, true);
    if (settings.connections != settings.callers)
        throw std::runtime_error("there is no pool: as many connections");
    if (settings.kind == "raw") return run_raw(settings);
    if (settings.kind == "asio") return run_asio(settings);
    if (settings.kind == "epoll") return run_epoll(settings);
    throw std::runtime_error("kind is '" + settings.kind +
                             "'; expected hand, hand_discard, raw, asio or epoll");
}

}  // namespace

}  // namespace podpool::bench

int main(int argc, char** argv) { return podpool::bench::contender_main(argc, argv, podpool::bench::run); }
