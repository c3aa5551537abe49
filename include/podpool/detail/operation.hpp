// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

namespace podpool::detail {

/// The strand of one connection: what the pool does with it, and what libraries below do, runs here.
using connection_strand = boost::asio::strand<boost::asio::any_io_executor>;

/// One operation of a driver under way on a connection's strand, with a deadline and a way to end it early.
class operation : public std::enable_shared_from_this<operation> {
public:
    explicit operation(const connection_strand& strand) : strand_(strand), deadline_(strand) {}

    /// Runs the coroutine that `make()` returns, called on the strand; `done(error, timed_out)` is called
    /// on the strand when it has ended, by itself, by abort() or by the time limit.
    template <class Make, class Done>
    void run(std::chrono::nanoseconds limit, Make make, Done done) {
        boost::asio::post(strand_,
                          [self = this->shared_from_this(), limit, make = std::move(make),
                           done = std::move(done)]() mutable { self->start(limit, make, std::move(done)); });
    }

    /// Ends it early, from any thread; harmless when it has ended.
    void abort() {
        boost::asio::post(strand_, [self = this->shared_from_this()] { self->cancel(); });
    }

private:
    template <class Make, class Done>
    void start(std::chrono::nanoseconds limit, const Make& make, Done done) {
        auto self = this->shared_from_this();
        boost::asio::co_spawn(
            strand_, make(),
            boost::asio::bind_cancellation_slot(
                signal_.slot(), [self, done = std::move(done)](const std::exception_ptr& error) mutable {
                    self->ended_ = true;
                    self->deadline_.cancel();
                    done(error, self->timed_out_);
                }));
        if (aborted_) return cancel();
        deadline_.expires_after(limit);
        deadline_.async_wait([self](const boost::system::error_code& error) {
            if (error) return;
            self->timed_out_ = !self->ended_;
            self->cancel();
        });
    }

    void cancel() {
        aborted_ = true;
        if (!ended_) signal_.emit(boost::asio::cancellation_type::terminal);
    }

    connection_strand strand_;
    boost::asio::steady_timer deadline_;
    boost::asio::cancellation_signal signal_;
    bool aborted_ = false;
    bool timed_out_ = false;
    bool ended_ = false;
};

}  // namespace podpool::detail
