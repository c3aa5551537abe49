// SPDX-License-Identifier: BSL-1.0
#include "session.hpp"
#include "settings.hpp"

#include <podpool/detail/clock.hpp>
#include <podpool/detail/openssl_cleanup.hpp>
#include <podpool/detail/without_strand.hpp>
#include <podpool/discovery/make_source.hpp>
#include <podpool/postgres.hpp>

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace podpool {

namespace asio = boost::asio;

namespace {

[[gnu::constructor(detail::before_static_objects)]] void prepare_exit() {
    detail::register_openssl_cleanup("PQconnectStartParams");
}

}  // namespace

postgres::postgres(const options& settings)
    : settings_(std::make_shared<const detail::postgres_settings>(detail::read_settings(settings))) {}

std::string postgres::label() const { return settings_->label; }

role_policy postgres::roles() const noexcept {
    // One with default_transaction_read_only is no standby.
    return detail::roles_let_in(settings_->wanted, true);
}

std::map<std::string, std::string> postgres::parameters() const { return settings_->shown; }

std::unique_ptr<discovery_source> postgres::discover(const asio::any_io_executor& executor) const {
    return make_discovery_source(executor, settings_->targets, settings_->pool);
}

asio::awaitable<open_result<postgres::connection>> postgres::open(endpoint_info where) const {
    const asio::any_io_executor executor = detail::without_strand(co_await asio::this_coro::executor);
    const auto session = std::make_shared<detail::postgres_session>(executor, settings_, std::move(where));
    // Owns the session from here on: whatever ends this, the connection is closed.
    auto opened = std::make_unique<connection>(session);
    failure problem = co_await detail::postgres_session::connect(session);
    if (problem) co_return open_result<connection>(std::move(problem));
    co_return open_result<connection>(std::move(opened));
}

asio::awaitable<failure> postgres::ping(connection& open) const {
    return detail::postgres_session::check(open.session_);
}

asio::awaitable<ping_result> postgres::ping_and_count(connection& open) const {
    return detail::postgres_session::check_and_count(open.session_);
}

asio::awaitable<failure> postgres::reset(connection& used, reset_mode mode) const {
    return detail::postgres_session::reset(used.session_, mode);
}

bool postgres::send_reset(connection& returned, reset_mode mode) const noexcept {
    return clears(mode) && returned.session_->send_reset();
}

reset_answer postgres::read_reset_answer(connection& taken,
                                         std::chrono::steady_clock::time_point until) const noexcept {
    try {
        return taken.session_->read_reset_answer(until);
    } catch (const std::bad_alloc&) {
        reset_answer out_of_memory;
        out_of_memory.why.kind = failure_kind::connection_lost;
        return out_of_memory;
    }
}

bool postgres::is_alive(connection& idle) const noexcept { return idle.session_->is_alive(); }

return_state postgres::inspect(connection& returned, reset_mode mode) const noexcept {
    try {
        return returned.session_->inspect(mode, detail::coarse_clock_now());
    } catch (const std::bad_alloc&) {
        return_state out_of_memory;
        out_of_memory.why.kind = failure_kind::connection_lost;
        return out_of_memory;
    }
}

void postgres::cancel(connection& busy) const noexcept {
    try {
        busy.session_->give_up_any();
    } catch (const std::bad_alloc&) {
        // The operation ends when the connection is closed.
        return;
    }
}

}  // namespace podpool
