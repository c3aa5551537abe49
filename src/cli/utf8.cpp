// SPDX-License-Identifier: BSL-1.0
#include "cli/utf8.hpp"

#include <boost/locale/utf.hpp>

#include <iterator>

namespace podpool::cli {

namespace {

using utf8 = boost::locale::utf::utf_traits<char>;
using boost::locale::utf::code_point;

constexpr code_point replacement = 0xFFFD;

bool is_control(code_point point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

/// Every code point through `change`; a byte that belongs to none comes as U+FFFD.
template <class Change>
std::string rewritten(std::string_view text, Change change) {
    std::string result;
    result.reserve(text.size());
    for (auto at = text.begin(); at != text.end();) {
        auto next = at;
        code_point point = utf8::decode(next, text.end());
        if (!boost::locale::utf::is_valid_codepoint(point)) {
            point = replacement;
            next = std::next(at);
        }
        utf8::encode(change(point), std::back_inserter(result));
        at = next;
    }
    return result;
}

}  // namespace

std::string to_utf8(std::string_view text) {
    return rewritten(text, [](code_point point) { return point; });
}

std::string one_line(std::string_view text) {
    return rewritten(text, [](code_point point) { return is_control(point) ? code_point(' ') : point; });
}

}  // namespace podpool::cli
