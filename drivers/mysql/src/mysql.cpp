// SPDX-License-Identifier: BSL-1.0
#include "connector_instance.hpp"
#include "login_watch.hpp"
#include "session.hpp"
#include "settings.hpp"
#include "workers.hpp"

#include <podpool/detail/openssl_cleanup.hpp>
#include <podpool/detail/without_strand.hpp>
#include <podpool/discovery/make_source.hpp>
#include <podpool/mysql.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace podpool {

namespace asio = boost::asio;

namespace {

[[gnu::constructor(detail::before_static_objects)]] void prepare_exit() {
    detail::register_openssl_cleanup("sql_mysql_get_driver_instance");
}

/// More threads than connections: a call that was given up may hang for a while longer.
std::size_t most_workers(const options& pool) {
    constexpr std::size_t least = 64;
    return std::max(least, 4 * (pool.max_conns + pool.renew_overshoot));
}

}  // namespace

mysql::mysql(const options& settings)
    : settings_(std::make_shared<const detail::mysql_settings>(detail::read_mysql_settings(settings))),
      workers_(std::make_shared<detail::mysql_workers>(most_workers(settings))),
      plain_(std::make_shared<detail::plain_servers>()) {
    // Here, where the program can tell when: while it runs, nobody else may ask the connector for its driver.
    detail::connector_instance();
    detail::login_watch::prepare();
}

std::string mysql::label() const { return settings_->label; }

role_policy mysql::roles() const noexcept {
    // A primary that takes no writes can't be told from a standby.
    return detail::roles_let_in(settings_->wanted, false);
}

std::map<std::string, std::string> mysql::parameters() const { return settings_->shown; }

std::unique_ptr<discovery_source> mysql::discover(asio::any_io_executor executor) const {
    return make_discovery_source(executor, settings_->targets, settings_->pool);
}

asio::awaitable<open_result<mysql::connection>> mysql::open(endpoint_info where) const {
    const asio::any_io_executor executor = detail::without_strand(co_await asio::this_coro::executor);
    const auto session =
        std::make_shared<detail::mysql_session>(executor, settings_, workers_, plain_, std::move(where));
    // Owns the session from here on: whatever ends this, the connection is closed.
    auto opened = std::make_unique<connection>(session);
    failure problem = co_await detail::mysql_session::connect(session);
    if (problem) co_return open_result<connection>(std::move(problem));
    co_return open_result<connection>(std::move(opened));
}

asio::awaitable<failure> mysql::ping(connection& open) const {
    return detail::mysql_session::check(open.session_);
}

asio::awaitable<ping_result> mysql::ping_and_count(connection& open) const {
    return detail::mysql_session::check_and_count(open.session_);
}

asio::awaitable<failure> mysql::reset(connection& used, reset_mode mode) const {
    return detail::mysql_session::reset(used.session_, mode);
}

bool mysql::is_alive(connection& idle) const noexcept { return idle.session_->is_alive(); }

return_state mysql::inspect(connection& returned, reset_mode mode) const noexcept {
    try {
        return returned.session_->inspect(mode);
    } catch (const std::bad_alloc&) {
        return_state out_of_memory;
        out_of_memory.why.kind = failure_kind::connection_lost;
        return out_of_memory;
    }
}

void mysql::cancel(connection& busy) const noexcept {
    try {
        busy.session_->cancel_any();
    } catch (const std::bad_alloc&) {
        // The operation ends when the connection is closed.
        return;
    }
}

}  // namespace podpool
