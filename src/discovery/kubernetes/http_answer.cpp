// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/http_answer.hpp"

#include "discovery/kubernetes/malformed_answer.hpp"

#include <boost/asio/buffer.hpp>

#include <charconv>

namespace podpool::detail {

namespace http = boost::beast::http;

http_answer::http_answer() {
    parser_.eager(true);
    parser_.header_limit(longest_head);
    // The listener that takes the body bounds its size.
    parser_.body_limit(boost::none);
}

void http_answer::take(std::string_view bytes, std::string& body) {
    // The parser of Boost 1.81 ends the program in a debug build when it has seen the start of the last chunk
    // and gets less than a whole one.
    constexpr std::size_t last_chunk = std::string_view("0\r\n\r\n").size();
    any_ = any_ || !bytes.empty();
    pending_ += bytes;
    while (!pending_.empty() && !parser_.is_done()) {
        if (wants_more_ && pending_.size() < last_chunk) break;
        boost::beast::error_code failed;
        const std::size_t used = parser_.put(boost::asio::buffer(pending_), failed);
        pending_.erase(0, used);
        wants_more_ = failed == http::error::need_more;
        if (wants_more_) break;
        if (failed) throw malformed_answer("the answer is no HTTP/1.1: " + failed.message());
    }
    if (pending_.size() > longest_head && !parser_.is_done()) {
        throw malformed_answer("the answer has " + std::to_string(pending_.size()) +
                               " bytes around a piece of its body; expected " + std::to_string(longest_head) +
                               " at most");
    }
    std::string& pieces = parser_.get().body();
    body += pieces;
    pieces.clear();
}

bool http_answer::end() {
    if (!any_ || !has_head()) return false;
    if (parser_.is_done()) return true;
    boost::beast::error_code failed;
    parser_.put_eof(failed);
    return !failed;
}

std::optional<std::chrono::seconds> http_answer::retry_after() const {
    const boost::beast::string_view text = parser_.get()[http::field::retry_after];
    constexpr long longest = 365L * 24 * 3600;
    long seconds = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
    if (seconds <= 0 || seconds > longest) return std::nullopt;
    return std::chrono::seconds(seconds);
}

}  // namespace podpool::detail
