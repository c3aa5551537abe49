// SPDX-License-Identifier: BSL-1.0
#include "dns_responder.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <stdexcept>

namespace podpool::test {

namespace {

namespace asio = boost::asio;
using bytes = std::vector<std::uint8_t>;

constexpr std::size_t header_size = 12;
constexpr std::uint16_t name_of_question = 0xc00c;  // a pointer to the first byte after the header
constexpr std::uint16_t type_cname = 5;

void put16(bytes& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}

void put_name(bytes& out, const std::string& name) {
    std::size_t begin = 0;
    while (begin < name.size()) {
        const std::size_t end = std::min(name.find('.', begin), name.size());
        out.push_back(static_cast<std::uint8_t>(end - begin));
        out.insert(out.end(), name.begin() + static_cast<std::ptrdiff_t>(begin),
                   name.begin() + static_cast<std::ptrdiff_t>(end));
        begin = end + 1;
    }
    out.push_back(0);
}

bytes address_bytes(const std::string& text) {
    const auto address = asio::ip::make_address(text);
    if (address.is_v4()) {
        const auto raw = address.to_v4().to_bytes();
        return {raw.begin(), raw.end()};
    }
    const auto raw = address.to_v6().to_bytes();
    return {raw.begin(), raw.end()};
}

/// The end of the first question in a packet.
std::size_t end_of_question(const bytes& packet) {
    std::size_t at = header_size;
    while (at < packet.size() && packet[at] != 0) at += packet[at] + std::size_t{1};
    return at + 5;
}

}  // namespace

dns_reply dns_reply::silence() {
    dns_reply reply;
    reply.silent_ = true;
    return reply;
}

dns_reply dns_reply::code(int rcode) {
    dns_reply reply;
    reply.rcode_ = rcode;
    return reply;
}

void dns_reply::add(std::uint16_t type, std::uint32_t ttl, bytes data) {
    record entry;
    entry.owner = owner_;
    entry.type = type;
    entry.ttl = ttl;
    entry.data = std::move(data);
    answers_.push_back(std::move(entry));
}

dns_reply& dns_reply::a(const std::string& address, std::uint32_t ttl) {
    add(type_a, ttl, address_bytes(address));
    return *this;
}

dns_reply& dns_reply::aaaa(const std::string& address, std::uint32_t ttl) {
    add(type_aaaa, ttl, address_bytes(address));
    return *this;
}

dns_reply& dns_reply::cname(const std::string& target, std::uint32_t ttl) {
    bytes data;
    put_name(data, target);
    add(type_cname, ttl, std::move(data));
    owner_ = target;
    return *this;
}

dns_reply& dns_reply::srv(const std::string& target, std::uint16_t port, std::uint32_t ttl,
                          std::uint16_t priority, std::uint16_t weight) {
    bytes data;
    put16(data, priority);
    put16(data, weight);
    put16(data, port);
    put_name(data, target);
    add(type_srv, ttl, std::move(data));
    return *this;
}

dns_reply& dns_reply::glue(const std::string& owner, const std::string& address, std::uint32_t ttl) {
    record entry;
    entry.owner = owner;
    entry.data = address_bytes(address);
    entry.type = entry.data.size() == 4 ? type_a : type_aaaa;
    entry.ttl = ttl;
    additional_.push_back(std::move(entry));
    return *this;
}

dns_reply& dns_reply::truncate_udp() {
    truncate_udp_ = true;
    return *this;
}

dns_reply& dns_reply::truncate_always() {
    truncate_always_ = true;
    return *this;
}

dns_reply& dns_reply::cut_off(std::size_t bytes_off) {
    cut_off_ = bytes_off;
    return *this;
}

dns_reply& dns_reply::wrong_id_first() {
    wrong_id_first_ = true;
    return *this;
}

bytes dns_reply::packet(const bytes& question, bool tcp) const {
    const bool header_only = truncate_udp_ && !tcp;
    const bool truncated = header_only || truncate_always_;
    bytes out(question.begin(), question.begin() + static_cast<std::ptrdiff_t>(end_of_question(question)));
    out[2] = static_cast<std::uint8_t>(0x84 | (truncated ? 0x02 : 0));
    out[3] = static_cast<std::uint8_t>(0x80 | rcode_);
    const auto put_count = [&](std::size_t at, std::size_t count) {
        out[at] = static_cast<std::uint8_t>(count >> 8);
        out[at + 1] = static_cast<std::uint8_t>(count);
    };
    put_count(4, 1);
    put_count(6, header_only ? 0 : answers_.size());
    put_count(8, 0);
    put_count(10, header_only ? 0 : additional_.size());
    if (header_only) return out;
    for (const auto* section : {&answers_, &additional_}) {
        for (const auto& entry : *section) {
            if (entry.owner.empty()) {
                put16(out, name_of_question);
            } else {
                put_name(out, entry.owner);
            }
            put16(out, entry.type);
            put16(out, 1);
            put16(out, entry.ttl >> 16);
            put16(out, entry.ttl);
            put16(out, entry.data.size());
            out.insert(out.end(), entry.data.begin(), entry.data.end());
        }
    }
    out.resize(out.size() - std::min(cut_off_, out.size()));
    return out;
}

/// One TCP connection; it lives as long as the client keeps it.
struct dns_responder::tcp_session : std::enable_shared_from_this<tcp_session> {
    dns_responder& owner;
    asio::ip::tcp::socket socket;
    std::array<std::uint8_t, 2> length{};
    bytes packet;

    tcp_session(dns_responder& responder, asio::ip::tcp::socket accepted)
        : owner(responder), socket(std::move(accepted)) {}

    void read() {
        asio::async_read(
            socket, asio::buffer(length),
            [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                if (failed) return;
                self->packet.resize(static_cast<std::size_t>(self->length[0] << 8 | self->length[1]));
                self->read_packet();
            });
    }

    void read_packet() {
        asio::async_read(socket, asio::buffer(packet),
                         [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                             if (failed) return;
                             self->owner.handle(self->packet, true, [self](const bytes& reply) {
                                 bytes framed;
                                 put16(framed, reply.size());
                                 framed.insert(framed.end(), reply.begin(), reply.end());
                                 boost::system::error_code gone;
                                 asio::write(self->socket, asio::buffer(framed), gone);
                             });
                             self->read();
                         });
    }
};

dns_responder::dns_responder() : udp_(context_), acceptor_(context_) {
    bind_both();
    receive();
    accept();
    thread_ = std::thread([this] { context_.run(); });
}

dns_responder::~dns_responder() {
    context_.stop();
    thread_.join();
}

void dns_responder::bind_both() {
    const auto loopback = asio::ip::address_v4::loopback();
    for (int tries = 0; tries < 100; ++tries) {
        acceptor_ = asio::ip::tcp::acceptor(context_, {loopback, 0});
        port_ = acceptor_.local_endpoint().port();
        boost::system::error_code taken;
        udp_ = asio::ip::udp::socket(context_, asio::ip::udp::v4());
        udp_.bind({loopback, port_}, taken);
        if (!taken) return;
    }
    throw std::runtime_error("no port is free for UDP and TCP on 127.0.0.1");
}

std::string dns_responder::address() const { return "127.0.0.1:" + std::to_string(port_); }

void dns_responder::set(const std::string& name, std::uint16_t type, dns_reply reply) {
    const std::lock_guard lock(mutex_);
    script_.insert_or_assign({name, type}, std::move(reply));
}

void dns_responder::remove(const std::string& name) {
    const std::lock_guard lock(mutex_);
    std::erase_if(script_, [&](const auto& entry) { return entry.first.first == name; });
}

void dns_responder::hold() {
    const std::lock_guard lock(mutex_);
    holding_ = true;
}

void dns_responder::release() {
    const std::lock_guard lock(mutex_);
    holding_ = false;
    for (auto& answer_now : held_) asio::post(context_, std::move(answer_now));
    held_.clear();
}

std::vector<dns_request> dns_responder::asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
}

std::size_t dns_responder::count(const std::string& name, std::uint16_t type) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(asked_.begin(), asked_.end(), [&](const dns_request& one) {
        return one.name == name && one.type == type;
    }));
}

void dns_responder::receive() {
    udp_.async_receive_from(
        asio::buffer(buffer_), from_, [this](boost::system::error_code failed, std::size_t size) {
            if (failed == asio::error::operation_aborted) return;
            if (!failed) {
                const bytes packet(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(size));
                handle(packet, false, [this, to = from_](const bytes& reply) {
                    boost::system::error_code gone;
                    udp_.send_to(asio::buffer(reply), to, 0, gone);
                });
            }
            receive();
        });
}

void dns_responder::accept() {
    acceptor_.async_accept([this](boost::system::error_code failed, asio::ip::tcp::socket accepted) {
        if (failed == asio::error::operation_aborted) return;
        if (!failed) std::make_shared<tcp_session>(*this, std::move(accepted))->read();
        accept();
    });
}

void dns_responder::handle(const bytes& packet, bool tcp, const sender& send) {
    if (packet.size() < header_size || end_of_question(packet) > packet.size()) return;
    dns_request request;
    request.tcp = tcp;
    std::size_t at = header_size;
    while (packet[at] != 0) {
        if (!request.name.empty()) request.name += '.';
        const auto begin = packet.begin() + static_cast<std::ptrdiff_t>(at) + 1;
        std::transform(begin, begin + packet[at], std::back_inserter(request.name), [](std::uint8_t c) {
            return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        });
        at += packet[at] + std::size_t{1};
    }
    request.type = static_cast<std::uint16_t>(packet[at + 1] << 8 | packet[at + 2]);
    const std::lock_guard lock(mutex_);
    asked_.push_back(request);
    if (holding_) {
        held_.emplace_back([this, request, packet, send] {
            const std::lock_guard inner(mutex_);
            answer(request, packet, send);
        });
    } else {
        answer(request, packet, send);
    }
}

dns_reply dns_responder::reply_for(const dns_request& request) const {
    const auto found = script_.find({request.name, request.type});
    if (found != script_.end()) return found->second;
    constexpr int no_error = 0;
    constexpr int no_name = 3;
    const bool known = std::any_of(script_.begin(), script_.end(),
                                   [&](const auto& entry) { return entry.first.first == request.name; });
    return dns_reply::code(known ? no_error : no_name);
}

void dns_responder::answer(const dns_request& request, const bytes& packet, const sender& send) const {
    const dns_reply reply = reply_for(request);
    if (reply.silent_) return;
    if (reply.wrong_id_first_) {
        bytes forged = reply.packet(packet, request.tcp);
        forged[0] = static_cast<std::uint8_t>(forged[0] ^ 0x5a);
        forged.back() = static_cast<std::uint8_t>(forged.back() + 1);
        send(forged);
    }
    send(reply.packet(packet, request.tcp));
}

}  // namespace podpool::test
