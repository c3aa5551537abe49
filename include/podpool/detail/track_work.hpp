// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/execution/executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/prefer.hpp>

#include <utility>

namespace podpool::detail {

/// What counts as outstanding work of an executor's context while it lives: the executor itself, told to.
///
/// A boost::asio::executor_work_guard ends the work before it lets go of its executor. Whoever waits for
/// the work may then end the context while another thread destroys a strand, which takes a mutex of that
/// context. Only executors of the Networking TS, which can't count by themselves, get such a guard.
template <class Executor>
auto track_work(const Executor& executor) {
    if constexpr (boost::asio::execution::is_executor<Executor>::value) {
        return boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked);
    } else {
        return boost::asio::executor_work_guard<Executor>(executor);
    }
}

/// Its type. Declare it before whatever else may hold an executor of the same context, so that it goes last.
template <class Executor>
using tracked_work = decltype(track_work(std::declval<const Executor&>()));

}  // namespace podpool::detail
