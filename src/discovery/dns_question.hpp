// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/dns_message.hpp"
#include "discovery/name_servers.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace podpool::detail {

/// How a question ended.
struct dns_outcome {
    enum class kind : std::uint8_t {
        answered,  ///< NOERROR, with or without the wanted records
        no_name,   ///< NXDOMAIN
        failed,    ///< no server gave an answer that counts
    };
    kind what = kind::failed;
    dns_message message;
    /// Who answered.
    std::string server;
    /// Every server's reason, in words, if it failed.
    std::string failure;
};

/// One question: tries the name servers in turn until one answers or the deadline has come.
///
/// A server that answers SERVFAIL, REFUSED and the like, or can't be reached, isn't asked again for this
/// question; a silent one is. Must be used on the servers' strand.
class dns_question : public std::enable_shared_from_this<dns_question> {
public:
    using clock = std::chrono::steady_clock;
    using handler = std::function<void(dns_outcome)>;

    /// `name`: absolute.
    dns_question(std::shared_ptr<name_servers> servers, std::string name, record_type type);

    /// Asks. `done` is called once, from the strand, never from inside start(), unless abandon() comes
    /// first.
    void start(clock::time_point deadline, handler done);

    /// Ends the question by `deadline` if that is earlier than what it has.
    void hurry(clock::time_point deadline);

    /// Ends it without calling the handler. Idempotent.
    void abandon() noexcept;

private:
    void try_next_server();
    void on_reply(std::size_t server, const server_reply& reply);
    void rule_out(std::size_t server, std::string reason);
    void set_deadline(clock::time_point deadline);
    void on_deadline();
    void finish(dns_outcome outcome);
    [[nodiscard]] std::string failure_text() const;

    struct attempt_log {
        bool ruled_out = false;
        bool silent = false;
        std::string reason;
    };

    std::shared_ptr<name_servers> servers_;
    std::string name_;
    record_type type_;
    boost::asio::steady_timer timer_;
    clock::time_point started_;
    clock::time_point deadline_;
    std::vector<attempt_log> log_;
    std::size_t next_ = 0;
    handler done_;
};

}  // namespace podpool::detail
