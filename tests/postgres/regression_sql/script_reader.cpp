// SPDX-License-Identifier: BSL-1.0
#include "script_reader.hpp"

#include "sql_lexer.hpp"

#include <algorithm>
#include <utility>

namespace podpool::test {

namespace {

using detail::sql_lexer;
using detail::sql_token;
using detail::sql_token_kind;

/// Follows where semicolons don't end a statement: in parentheses, and in the body of a function that is
/// written as BEGIN ATOMIC ... END.
class inside_of {
public:
    void step(const sql_token& before, const sql_token& token) {
        if (token.is_symbol('(')) ++parentheses_;
        if (token.is_symbol(')') && parentheses_ > 0) --parentheses_;
        if (token.is_word("atomic") && before.is_word("begin")) blocks_ = 1;
        if (blocks_ == 0 || before.is_symbol('.')) return;
        if (token.is_word("case")) ++blocks_;
        if (token.is_word("end")) --blocks_;
    }
    [[nodiscard]] bool nothing() const { return parentheses_ == 0 && blocks_ == 0; }

private:
    std::size_t parentheses_ = 0;
    std::size_t blocks_ = 0;
};

std::string quoted(std::string_view text, char quote) {
    std::string result(1, quote);
    for (const char c : text) result += std::string(c == quote ? 2 : 1, c);
    return result + quote;
}

std::string trimmed(const std::string& text) {
    constexpr const char* blanks = " \t\n\r\f";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

}  // namespace

std::optional<std::string> script_reader::next(bool standard_strings) {
    std::string statement;
    inside_of inside;
    sql_token before;
    bool has_words = false;
    for (;;) {
        const std::string_view rest = std::string_view(text_).substr(at_);
        const sql_token token = sql_lexer(rest, standard_strings).next();
        if (token.kind == sql_token_kind::end) {
            at_ = text_.size();
            return has_words ? std::optional(trimmed(statement)) : std::nullopt;
        }
        // With the blanks and comments before it.
        const auto gap = static_cast<std::size_t>(token.text.data() - rest.data());
        statement += rest.substr(0, gap);
        at_ += gap + token.text.size();
        if (token.is_symbol('\\')) {
            if (std::string_view(text_).substr(at_).starts_with(';')) {
                // \; is between statements that are sent together.
                statement += text_[at_++];
            } else if (run_command(take_line()) && has_words) {
                return trimmed(statement);
            }
        } else if (token.is_symbol(';') && inside.nothing()) {
            if (has_words) return trimmed(statement);
            statement.clear();
        } else {
            statement += token.is_symbol(':') ? take_variable(standard_strings) : std::string(token.text);
            inside.step(before, token);
            before = token;
            has_words = true;
        }
    }
}

/// What stands for the colon before at_: the value of the variable that is named there, which is read away,
/// or the colon itself.
std::string script_reader::take_variable(bool standard_strings) {
    const char* const begin = text_.data() + at_;
    const sql_token name = sql_lexer(std::string_view(text_).substr(at_), standard_strings).next();
    const bool in_quotes = name.kind == sql_token_kind::string || name.kind == sql_token_kind::name;
    const bool joined = name.text.data() == begin && (in_quotes || name.kind == sql_token_kind::word);
    const std::string* value =
        joined ? variable(in_quotes ? name.text.substr(1, name.text.size() - 2) : name.text) : nullptr;
    if (value == nullptr) return ":";
    at_ += name.text.size();
    return in_quotes ? quoted(*value, name.text.front()) : *value;
}

std::string_view script_reader::take_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = std::string_view(text_).substr(at_, end - at_);
    at_ = std::min(end + 1, text_.size());
    return line;
}

std::string script_reader::copy_data() {
    // What is left of the line of the statement.
    take_line();
    std::string data;
    while (at_ < text_.size()) {
        const std::string_view line = take_line();
        if (line.starts_with("\\.")) break;
        data += std::string(line) + "\n";
    }
    return data;
}

bool script_reader::run_command(std::string_view line) {
    ++skipped_;
    const std::vector<std::string> words = words_of(line);
    const std::string name = words.empty() ? "" : words.front();
    if (name == "set" || name == "getenv") set_variable(words);
    if (name == "c" || name == "connect") reconnect_ = true;
    const bool copies_in = name == "copy" && line.find("from stdin") != std::string_view::npos;
    while (copies_in && at_ < text_.size() && !take_line().starts_with("\\.")) continue;
    return name.starts_with("g") || name == "crosstabview";
}

void script_reader::set_variable(const std::vector<std::string>& words) {
    if (words.size() < 2) return;
    std::string value;
    for (std::size_t index = 2; index < words.size(); ++index) value += words[index];
    if (words.front() == "getenv") {
        const auto found = environment_.find(value);
        if (found == environment_.end()) return;
        value = found->second;
    }
    variables_.insert_or_assign(words[1], value);
}

const std::string* script_reader::variable(std::string_view name) const {
    const auto found = variables_.find(name);
    return found == variables_.end() ? nullptr : &found->second;
}

/// The command and its arguments: words, texts in single quotes, variables.
std::vector<std::string> script_reader::words_of(std::string_view line) const {
    std::vector<std::string> words;
    std::size_t at = 0;
    while (at < line.size()) {
        if (line[at] == ' ' || line[at] == '\r' || line[at] == '\t') {
            ++at;
        } else if (line[at] == '\'') {
            const std::size_t end = std::min(line.find('\'', at + 1), line.size());
            words.emplace_back(line.substr(at + 1, end - at - 1));
            at = end + 1;
        } else {
            const std::size_t end = std::min(line.find_first_of(" \t\r'", at), line.size());
            const std::string_view word = line.substr(at, end - at);
            const std::string* value = word.starts_with(':') ? variable(word.substr(1)) : nullptr;
            words.emplace_back(value == nullptr ? word : *value);
            at = end;
        }
    }
    return words;
}

}  // namespace podpool::test
