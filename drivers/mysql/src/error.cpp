// SPDX-License-Identifier: BSL-1.0
#include <podpool/mysql/error.hpp>

#include <utility>

namespace podpool {

namespace {

// An error code of 0 would say that nothing failed.
constexpr int no_number = -1;

class number_category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "mysql"; }
    [[nodiscard]] std::string message(int value) const override {
        if (value == no_number) return "MySQL error without a number";
        return "MySQL error " + std::to_string(value);
    }
};

std::string text_of(const mysql_error::report& said) {
    std::string text = said.endpoint;
    if (!text.empty()) text += ": ";
    if (said.number != 0) {
        text += "ERROR " + std::to_string(said.number);
        if (!said.sqlstate.empty()) text += " (" + said.sqlstate + ")";
        text += ": ";
    }
    return text + said.message;
}

}  // namespace

const boost::system::error_category& mysql_category() noexcept {
    static const number_category instance;
    return instance;
}

boost::system::error_code make_mysql_code(int number) noexcept {
    return {number == 0 ? no_number : number, mysql_category()};
}

mysql_error::mysql_error(boost::system::error_code code, report what_failed)
    : error(code, text_of(what_failed)), said_(std::make_shared<const report>(std::move(what_failed))) {}

}  // namespace podpool
