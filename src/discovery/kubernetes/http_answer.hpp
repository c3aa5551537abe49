// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/optional.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace podpool::detail {

/// Takes one answer of HTTP/1.1 apart, in whatever pieces its bytes come. It does no I/O.
class http_answer {
public:
    /// How long a head may be, in bytes; also what is around a chunk of the body.
    static constexpr std::size_t longest_head = std::size_t{64} << 10U;

    http_answer();

    /// Takes the next bytes and appends those of the body to `body`, which may be as long as what came.
    /// What comes after the answer is left out. Throws malformed_answer; then nothing more can be taken.
    void take(std::string_view bytes, std::string& body);

    /// The connection has ended properly: whether the answer is complete by that.
    [[nodiscard]] bool end();

    [[nodiscard]] bool has_head() const { return parser_.is_header_done(); }
    [[nodiscard]] bool is_complete() const { return parser_.is_done(); }
    /// Of an answer that has a head.
    [[nodiscard]] int status() const { return static_cast<int>(parser_.get().result_int()); }
    /// What the header Retry-After says in seconds; a date, which API servers don't send, counts as none.
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const;

private:
    /// Gives the body's bytes on as they come.
    struct piecewise_body {
        using value_type = std::string;

        class reader {
        public:
            template <bool IsRequest, class Fields>
            reader(boost::beast::http::header<IsRequest, Fields>& /*head*/, value_type& pieces)
                : pieces_(pieces) {}
            // A length that is announced is no reason to get that much memory.
            static void init(const boost::optional<std::uint64_t>& /*length*/,
                             boost::beast::error_code& failed) {
                failed = {};
            }
            template <class Buffers>
            std::size_t put(const Buffers& buffers, boost::beast::error_code& failed) {
                failed = {};
                std::size_t size = 0;
                for (const boost::asio::const_buffer piece : boost::beast::buffers_range_ref(buffers)) {
                    pieces_.append(static_cast<const char*>(piece.data()), piece.size());
                    size += piece.size();
                }
                return size;
            }
            static void finish(boost::beast::error_code& failed) { failed = {}; }

        private:
            value_type& pieces_;
        };
    };

    boost::beast::http::response_parser<piecewise_body> parser_;
    std::string pending_;  // what the parser wants to see again, with more behind it
    bool wants_more_ = false;
    bool any_ = false;
};

}  // namespace podpool::detail
