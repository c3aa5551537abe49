// SPDX-License-Identifier: BSL-1.0
#include "cycles.hpp"
#include "groups.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <memory>

namespace podpool::bench {

namespace {

namespace asio = boost::asio;

constexpr std::size_t connections = 10;
constexpr std::chrono::milliseconds round_length{5};
constexpr std::size_t usual_rounds = 101;

/// A context and the number of chains that run on it; the last one to end stops it.
struct chain_context {
    explicit chain_context(int concurrency) : context(concurrency), work(context.get_executor()) {}
    asio::io_context context;
    /// Else a chain that ends before another one has begun would stop the context.
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::atomic<std::size_t> running{0};

    void chain_ended() {
        if (running.fetch_sub(1) == 1) context.stop();
    }
};

/// One client: each of its steps begins when the one before has ended.
class chain {
public:
    chain(chain_context& where, clock::time_point deadline) : where_(where), deadline_(deadline) {}
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

protected:
    /// Counts a step; false when it was the last one.
    bool goes_on() { return ++steps_ % batch_size != 0 || clock::now() < deadline_; }
    void end() { where_.chain_ended(); }
    asio::io_context& context() noexcept { return where_.context; }

private:
    chain_context& where_;
    clock::time_point deadline_;
    std::uint64_t steps_ = 0;
};

class post_chain : public chain {
public:
    using chain::chain;
    void step() {
        asio::post(context(), [this] { goes_on() ? step() : end(); });
    }
};

class acquire_chain : public chain {
public:
    acquire_chain(chain_context& where, clock::time_point deadline, pool<stub_driver>& from)
        : chain(where, deadline), from_(from) {}
    void step() {
        from_.async_acquire(asio::bind_executor(
            context().get_executor(), [this](boost::system::error_code error, lease<stub_driver> leased) {
                if (error) throw boost::system::system_error(error);
                leased.release();
                goes_on() ? step() : end();
            }));
    }

private:
    pool<stub_driver>& from_;
};

class post_coroutine : public chain {
public:
    using chain::chain;
    void step() { asio::co_spawn(context(), run(this), asio::detached); }

private:
    static asio::awaitable<void> run(post_coroutine* self) {
        do co_await asio::post(self->context(), asio::use_awaitable);
        while (self->goes_on());
        self->end();
    }
};

class acquire_coroutine : public chain {
public:
    acquire_coroutine(chain_context& where, clock::time_point deadline, pool<stub_driver>& from)
        : chain(where, deadline), from_(from) {}
    void step() { asio::co_spawn(context(), run(this), asio::detached); }

private:
    static asio::awaitable<void> run(acquire_coroutine* self) {
        do {
            auto leased = co_await self->from_.async_acquire();
            leased.release();
        } while (self->goes_on());
        self->end();
    }

    pool<stub_driver>& from_;
};

using contexts = std::vector<std::unique_ptr<chain_context>>;

/// One chain per thread, thread i on context i (modulo).
template <class Chain, class... Arguments>
contender measured(const std::string& name, const contexts& where, std::size_t threads,
                   Arguments&... arguments) {
    return {name, [&where, threads, &arguments...] {
                for (std::size_t index = 0; index < threads; ++index) ++where[index % where.size()]->running;
                const auto work = run_together(threads, placement::pinned, round_length,
                                               [&](std::size_t index, clock::time_point deadline) {
                                                   chain_context& mine = *where[index % where.size()];
                                                   Chain client(mine, deadline, arguments...);
                                                   client.step();
                                                   mine.context.run();
                                                   return client.steps();
                                               });
                for (const auto& each : where) each->context.restart();
                return measurement{{work.nanoseconds_per_cycle()}, work.disturbance()};
            }};
}

struct scenario {
    std::string workload;
    std::size_t threads = 1;
    std::optional<double> limit;
};

template <class Acquire, class Post>
void compare(const scenario& what, const contexts& where, pool<stub_driver>& from,
             const bench_settings& settings, report& into) {
    const outcome result = run_rounds({measured<Acquire>("podpool", where, what.threads, from),
                                       measured<Post>("asio::post", where, what.threads)},
                                      settings.rounds_or(usual_rounds));
    into.note_disturbed(what.workload, result);
    row line("async", what.workload, figure{"ns", 0}, result.of(0));
    line.against("asio::post", result.of(1));
    if (what.limit) line.goal = aim{aim::bound::at_most, *what.limit, true};
    into.rows.push_back(std::move(line));
}

contexts make_contexts(std::size_t count, int concurrency) {
    contexts made;
    for (std::size_t index = 0; index < count; ++index)
        made.push_back(std::make_unique<chain_context>(concurrency));
    return made;
}

/// The pool has a thread of its own: the handlers' context never looks at sockets and timers.
void run_apart(const bench_settings& settings, report& into) {
    constexpr double one_client = 150;
    constexpr double two_clients = 300;
    pool<stub_driver> ours(full_pool_options(connections));
    wait_until_full(ours, connections);
    {
        const contexts single = make_contexts(1, 1);
        compare<acquire_chain, post_chain>({"async_acquire + release, callback, 1 client", 1, one_client},
                                           single, ours, settings, into);
        compare<acquire_coroutine, post_coroutine>({"async_acquire + release, coroutine, 1 client", 1, {}},
                                                   single, ours, settings, into);
    }
    if (core_count() < 2) {
        into.not_run.emplace_back("async, 2 clients: two threads at the same time need two cores");
        return;
    }
    compare<acquire_chain, post_chain>(
        {"async_acquire + release, callback, 2 clients, 2 threads on 1 context", 2, two_clients},
        make_contexts(1, 2), ours, settings, into);
    compare<acquire_chain, post_chain>(
        {"async_acquire + release, callback, 2 clients, 2 threads, 1 context each", 2, two_clients},
        make_contexts(2, 1), ours, settings, into);
}

/// Pool and handlers share a context, which therefore looks at its timers between handlers.
void run_shared(const bench_settings& settings, report& into) {
    const contexts single = make_contexts(1, 1);
    asio::io_context& context = single.front()->context;
    pool<stub_driver> ours(context.get_executor(), full_pool_options(connections));
    const auto deadline = clock::now() + std::chrono::seconds(30);
    while (ours.stats().idle != connections) {
        if (clock::now() > deadline) throw std::runtime_error("the pool on a shared context doesn't fill");
        context.run_for(std::chrono::milliseconds(1));
    }
    compare<acquire_chain, post_chain>(
        {"async_acquire + release, callback, 1 client, pool on the same context", 1, {}}, single, ours,
        settings, into);
}

}  // namespace

void run_async_group(const bench_settings& settings, report& into) {
    run_apart(settings, into);
    run_shared(settings, into);
}

}  // namespace podpool::bench
