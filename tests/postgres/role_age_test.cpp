// SPDX-License-Identifier: BSL-1.0
// When the end of a lease reads its server's role again. Time is an argument here.
#include "live.hpp"
#include "session.hpp"
#include "settings.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace podpool::test {
namespace {

using namespace std::chrono_literals;

constexpr core::time_point first_look(1h);

/// A session whose role was looked at while its server was a standby.
class looked_at {
public:
    explicit looked_at(const postgres_server& server) {
        const auto settings = std::make_shared<const detail::postgres_settings>(
            detail::read_settings(options::parse(conninfo(server))));
        session_ =
            std::make_shared<detail::postgres_session>(context_.get_executor(), settings, target(server));
        REQUIRE_FALSE(wait(detail::postgres_session::connect(session_)));
        REQUIRE(role_at(first_look) == role::standby);
    }
    ~looked_at() { session_->close(); }

    [[nodiscard]] detail::postgres_session& operator*() const { return *session_; }
    [[nodiscard]] detail::postgres_session* operator->() const { return session_.get(); }
    [[nodiscard]] role role_at(core::time_point now) const {
        return session_->inspect(reset_mode::rollback, now).role;
    }
    failure check() { return wait(detail::postgres_session::check(session_)); }
    failure reset() { return wait(detail::postgres_session::reset(session_, reset_mode::full)); }

private:
    failure wait(boost::asio::awaitable<failure> operation) {
        auto ended = boost::asio::co_spawn(context_, std::move(operation), boost::asio::use_future);
        context_.restart();
        context_.run();
        return ended.get();
    }

    boost::asio::io_context context_;
    std::shared_ptr<detail::postgres_session> session_;
};

TEST_CASE("a promotion is noticed a second after the last look, and at once after any sign of trouble") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& standby = cluster.add_replica(cluster.add_primary());
    looked_at quiet(standby);
    looked_at failing(standby);
    looked_at handed_out(standby);
    looked_at checked(standby);
    looked_at cleared(standby);
    standby.promote();
    for (looked_at* each : {&quiet, &handed_out, &checked, &cleared}) (*each)->run({"select 1"});

    // The answers have brought the new role, at which nobody looks yet.
    for (looked_at* each : {&quiet, &failing, &checked, &cleared}) {
        CHECK(each->role_at(first_look + 999ms) == role::standby);
    }
    CHECK(quiet.role_at(first_look + 1s) == role::primary);

    CHECK_THROWS_AS(failing->run({"select 1/0"}), postgres_error);
    CHECK(failing.role_at(first_look) == role::primary);
    CHECK(handed_out->hand_out() != nullptr);
    CHECK(handed_out.role_at(first_look) == role::primary);
    CHECK_FALSE(checked.check());
    CHECK(checked.role_at(first_look) == role::primary);
    CHECK_FALSE(cleared.reset());
    CHECK(cleared.role_at(first_look) == role::primary);
}

}  // namespace
}  // namespace podpool::test
