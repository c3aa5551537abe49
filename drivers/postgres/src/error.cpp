// SPDX-License-Identifier: BSL-1.0
#include "errors.hpp"

#include <podpool/postgres/error.hpp>

namespace podpool {

namespace {

// A SQLSTATE is a number of five digits to the base 36; this one would need six.
constexpr int base = 36;
constexpr int no_sqlstate = base * base * base * base * base;

class sqlstate_category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "postgres"; }
    [[nodiscard]] std::string message(int value) const override {
        if (value == no_sqlstate) return "error without a SQLSTATE";
        std::string digits;
        for (int place = 0; place < 5; ++place, value /= base) {
            const int digit = value % base;
            digits.insert(digits.begin(), static_cast<char>(digit < 10 ? '0' + digit : 'A' + digit - 10));
        }
        return "SQLSTATE " + digits;
    }
};

std::string text_of(const postgres_error::report& said) {
    std::string text = said.endpoint;
    if (!text.empty()) text += ": ";
    if (!said.severity.empty()) text += said.severity + " ";
    if (!said.sqlstate.empty()) text += said.sqlstate + ": ";
    text += said.message;
    if (!said.detail.empty()) text += "\nDETAIL: " + said.detail;
    if (!said.hint.empty()) text += "\nHINT: " + said.hint;
    if (!said.context.empty()) text += "\nCONTEXT: " + said.context;
    return text;
}

}  // namespace

const boost::system::error_category& postgres_category() noexcept {
    static const sqlstate_category instance;
    return instance;
}

boost::system::error_code make_sqlstate_code(std::string_view sqlstate) noexcept {
    int value = 0;
    if (detail::is_sqlstate(sqlstate)) {
        for (const char c : sqlstate) value = value * base + (c <= '9' ? c - '0' : c - 'A' + 10);
    }
    return {value == 0 ? no_sqlstate : value, postgres_category()};
}

postgres_error::postgres_error(boost::system::error_code code, report what_failed)
    : error(code, text_of(what_failed)), said_(std::make_shared<const report>(std::move(what_failed))) {}

}  // namespace podpool
