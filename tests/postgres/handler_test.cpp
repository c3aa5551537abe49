// SPDX-License-Identifier: BSL-1.0
// What Asio asks of an asynchronous operation: the handler's executor and allocator.
#include "live.hpp"

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_executor.hpp>

#include <cstddef>
#include <memory>
#include <thread>

namespace podpool::test {
namespace {

namespace asio = boost::asio;

TEST_CASE("a handler runs on its own executor, whose context waits for it") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    auto keep = asio::make_work_guard(session.context);
    session.context.restart();
    std::thread io([&] { session.context.run(); });
    asio::io_context other;
    std::thread::id ran_on;
    session.connection->async_query(
        "select 1", asio::bind_executor(other, [&](const std::exception_ptr& failed, const postgres_result&) {
            CHECK(failed == nullptr);
            ran_on = std::this_thread::get_id();
        }));
    // Returns only when the handler has run: the operation keeps this context at work.
    other.run();
    CHECK(ran_on == std::this_thread::get_id());
    keep.reset();
    io.join();
}

struct counts {
    std::size_t taken = 0;
    std::size_t given_back = 0;
};

template <class T>
struct counting_allocator {
    using value_type = T;

    explicit counting_allocator(counts& total_) : total(&total_) {}
    template <class U>
    // NOLINTNEXTLINE(google-explicit-constructor): allocators convert
    counting_allocator(const counting_allocator<U>& other) : total(other.total) {}

    T* allocate(std::size_t size) {
        ++total->taken;
        return std::allocator<T>().allocate(size);
    }
    void deallocate(T* memory, std::size_t size) {
        ++total->given_back;
        std::allocator<T>().deallocate(memory, size);
    }
    template <class U>
    bool operator==(const counting_allocator<U>& other) const {
        return total == other.total;
    }

    counts* total;
};

struct counting_handler {
    using allocator_type = counting_allocator<void>;

    counts* total;
    bool* called;

    [[nodiscard]] allocator_type get_allocator() const { return allocator_type(*total); }
    void operator()(const std::exception_ptr& failed, const postgres_result&) const {
        CHECK(failed == nullptr);
        CHECK(total->taken > 0);
        CHECK(total->taken == total->given_back);
        *called = true;
    }
};

TEST_CASE("an operation's memory comes from the handler's allocator and is back before the call") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    counts total;
    bool called = false;
    session.connection->async_query("select 1", counting_handler{&total, &called});
    session.context.restart();
    session.context.run();
    CHECK(called);
}

TEST_CASE("a handler that is never called is destroyed with its context") {
    if (!have_postgres()) return;
    const auto witness = std::make_shared<int>(0);
    {
        live_session session(shared_server());
        session.connection->async_query("select pg_sleep(60)",
                                        [witness](const std::exception_ptr&, const postgres_result&) {});
        CHECK(witness.use_count() == 2);
    }
    CHECK(witness.use_count() == 1);
}

}  // namespace
}  // namespace podpool::test
