// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace podpool::test {

/// What a scripted name server does with one question. Records belong to the name that was asked for, or
/// to where the CNAME records added before lead.
class dns_reply {
public:
    static constexpr std::uint16_t type_a = 1;
    static constexpr std::uint16_t type_aaaa = 28;
    static constexpr std::uint16_t type_srv = 33;

    /// No answer at all.
    static dns_reply silence();
    /// An answer with this code and no records: 0 is NODATA, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED.
    static dns_reply code(int rcode);

    dns_reply& a(const std::string& address, std::uint32_t ttl = 5);
    dns_reply& aaaa(const std::string& address, std::uint32_t ttl = 5);
    dns_reply& cname(const std::string& target, std::uint32_t ttl = 5);
    dns_reply& srv(const std::string& target, std::uint16_t port, std::uint32_t ttl = 5,
                   std::uint16_t priority = 0, std::uint16_t weight = 1);
    /// An address in the additional section.
    dns_reply& glue(const std::string& owner, const std::string& address, std::uint32_t ttl = 5);
    /// Over UDP only the header, marked as truncated, whatever fits; over TCP everything.
    dns_reply& truncate_udp();
    /// Marked as truncated over TCP, too.
    dns_reply& truncate_always();
    /// Ends in the middle of the last record.
    dns_reply& cut_off(std::size_t bytes);
    /// Before the answer comes a copy of it with another id and other addresses.
    dns_reply& wrong_id_first();

private:
    friend class dns_responder;

    struct record {
        std::string owner;  // empty: the name asked for
        std::uint16_t type = 0;
        std::uint32_t ttl = 0;
        std::vector<std::uint8_t> data;
    };

    void add(std::uint16_t type, std::uint32_t ttl, std::vector<std::uint8_t> data);
    [[nodiscard]] std::vector<std::uint8_t> packet(const std::vector<std::uint8_t>& question, bool tcp) const;

    bool silent_ = false;
    bool truncate_udp_ = false;
    bool truncate_always_ = false;
    bool wrong_id_first_ = false;
    std::size_t cut_off_ = 0;
    int rcode_ = 0;
    std::string owner_;
    std::vector<record> answers_;
    std::vector<record> additional_;
};

/// A question that reached a dns_responder.
struct dns_request {
    std::string name;
    std::uint16_t type = 0;
    bool tcp = false;
};

/// A name server inside the test, on 127.0.0.1 and a port of its own, UDP and TCP: does what a real one
/// won't. A name with a script for one type has no records of others; other names don't exist.
///
/// Thread safety: all functions may be called from any thread.
class dns_responder {
public:
    dns_responder();
    dns_responder(const dns_responder&) = delete;
    dns_responder& operator=(const dns_responder&) = delete;
    ~dns_responder();

    /// `127.0.0.1:port`
    [[nodiscard]] std::string address() const;
    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// What is answered from now on; `name` in lower case, absolute, without the dot at the end.
    void set(const std::string& name, std::uint16_t type, dns_reply reply);
    /// Forgets the name.
    void remove(const std::string& name);

    /// Questions are kept from now on instead of being answered.
    void hold();
    /// Answers what was kept, and everything from now on.
    void release();

    /// Everything that was asked, in order.
    [[nodiscard]] std::vector<dns_request> asked() const;
    /// How often a name was asked for with this type.
    [[nodiscard]] std::size_t count(const std::string& name, std::uint16_t type) const;

private:
    struct tcp_session;
    using sender = std::function<void(std::vector<std::uint8_t>)>;

    void bind_both();
    void receive();
    void accept();
    void handle(const std::vector<std::uint8_t>& packet, bool tcp, const sender& send);
    [[nodiscard]] dns_reply reply_for(const dns_request& request) const;
    void answer(const dns_request& request, const std::vector<std::uint8_t>& packet,
                const sender& send) const;

    boost::asio::io_context context_;
    boost::asio::ip::udp::socket udp_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::array<std::uint8_t, 2048> buffer_{};
    boost::asio::ip::udp::endpoint from_;

    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::uint16_t>, dns_reply> script_;
    std::vector<dns_request> asked_;
    bool holding_ = false;
    std::vector<std::function<void()>> held_;

    std::thread thread_;
};

}  // namespace podpool::test
