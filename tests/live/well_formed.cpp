// SPDX-License-Identifier: BSL-1.0
#include "well_formed.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace podpool::test {

namespace {

class reader {
public:
    explicit reader(std::string_view document) : left_(document) {}

    std::string problem() {
        while (!left_.empty()) {
            const std::size_t tag = left_.find('<');
            check_text(left_.substr(0, tag));
            if (tag == std::string_view::npos) break;
            left_.remove_prefix(tag + 1);
            if (problem_.empty()) read_tag();
            if (!problem_.empty()) return problem_;
        }
        if (problem_.empty() && !open_.empty()) problem_ = "<" + open_.back() + "> isn't closed";
        if (problem_.empty() && roots_ != 1) problem_ = std::to_string(roots_) + " roots";
        return problem_;
    }

private:
    void complain(const std::string& what) {
        if (problem_.empty()) problem_ = what + " before '" + std::string(left_.substr(0, 40)) + "'";
    }

    void check_text(std::string_view text) {
        if (open_.empty() && text.find_first_not_of(" \r\n\t") != std::string_view::npos)
            complain("text outside");
        check_entities(text);
    }

    void check_entities(std::string_view text) {
        constexpr std::array known{"amp;", "lt;", "gt;", "quot;", "apos;"};
        for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
            bool right = false;
            for (const std::string_view entity : known)
                right = right || text.substr(at + 1).starts_with(entity);
            if (!right) complain("a bare &");
        }
    }

    std::string read_name() {
        std::string name;
        while (!left_.empty() && (std::isalnum(static_cast<unsigned char>(left_[0])) != 0 ||
                                  std::string_view("-_:.").find(left_[0]) != std::string_view::npos)) {
            name += left_[0];
            left_.remove_prefix(1);
        }
        if (name.empty()) complain("no name");
        return name;
    }

    bool skip(std::string_view expected) {
        const bool there = left_.starts_with(expected);
        if (there) left_.remove_prefix(expected.size());
        return there;
    }

    void skip_blanks() { left_.remove_prefix(std::min(left_.find_first_not_of(" \r\n\t"), left_.size())); }

    void read_tag() {
        if (skip("/")) {
            const std::string name = read_name();
            if (open_.empty() || open_.back() != name) return complain("</" + name + "> closes nothing");
            open_.pop_back();
            if (!skip(">")) complain("no >");
            return;
        }
        if (open_.empty()) ++roots_;
        open_.push_back(read_name());
        while (problem_.empty()) {
            skip_blanks();
            if (skip(">")) return;
            if (skip("/>")) return open_.pop_back();
            read_attribute();
        }
    }

    void read_attribute() {
        read_name();
        if (!skip("=\"")) return complain("no =\"");
        const std::size_t end = left_.find('"');
        if (end == std::string_view::npos) return complain("no closing quote");
        if (left_.substr(0, end).find('<') != std::string_view::npos) complain("a < in an attribute");
        check_entities(left_.substr(0, end));
        left_.remove_prefix(end + 1);
    }

    std::string_view left_;
    std::vector<std::string> open_;
    int roots_ = 0;
    std::string problem_;
};

}  // namespace

std::string xml_problem(std::string_view document) { return reader(document).problem(); }

}  // namespace podpool::test
