// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/answer_object.hpp"

#include "discovery/kubernetes/malformed_answer.hpp"

#include <boost/json/parse.hpp>

namespace podpool::detail {
namespace {

std::string name_of(boost::json::kind kind) {
    switch (kind) {
        case boost::json::kind::null:
            return "null";
        case boost::json::kind::bool_:
            return "true or false";
        case boost::json::kind::int64:
        case boost::json::kind::uint64:
        case boost::json::kind::double_:
            return "a number";
        case boost::json::kind::string:
            return "a text";
        case boost::json::kind::array:
            return "a list";
        case boost::json::kind::object:
            return "an object";
    }
    return "something else";
}

std::string mismatch(const boost::json::value& found, const std::string& expected) {
    return "is " + name_of(found.kind()) + "; expected " + expected;
}

std::string element_key(std::string_view key, std::size_t index) {
    return std::string(key) + "[" + std::to_string(index) + "]";
}

}  // namespace

answer_object::answer_object(const boost::json::value& value) : object_(value.if_object()) {
    if (object_ == nullptr) throw malformed_answer("the answer " + mismatch(value, "an object"));
}

std::string answer_object::place() const {
    if (parent_ == nullptr) return {};
    const std::string above = parent_->place();
    const std::string own = index_ == no_index ? std::string(key_) : element_key(key_, index_);
    return above.empty() ? own : above + "." + own;
}

void answer_object::refuse_field(std::string_view key, const std::string& problem) const {
    std::string where = place();
    if (!where.empty() && !key.empty()) where += ".";
    where += key;
    throw malformed_answer((where.empty() ? "the answer" : where) + " " + problem);
}

void answer_object::refuse_element(std::string_view key, std::size_t index,
                                   const std::string& problem) const {
    refuse_field(element_key(key, index), problem);
}

const boost::json::value* answer_object::find(std::string_view key) const {
    const boost::json::value* const found =
        object_->if_contains(boost::json::string_view(key.data(), key.size()));
    return found == nullptr || found->is_null() ? nullptr : found;
}

const boost::json::string* answer_object::find_text(std::string_view key) const {
    const boost::json::value* const found = find(key);
    if (found != nullptr && !found->is_string()) refuse_field(key, mismatch(*found, "a text"));
    return found == nullptr ? nullptr : &found->get_string();
}

const boost::json::array* answer_object::find_list(std::string_view key, std::size_t most) const {
    const boost::json::value* const found = find(key);
    if (found == nullptr) return nullptr;
    if (!found->is_array()) refuse_field(key, mismatch(*found, "a list"));
    const std::size_t size = found->get_array().size();
    if (size > most) {
        refuse_field(key,
                     "has " + std::to_string(size) + " elements; expected at most " + std::to_string(most));
    }
    return &found->get_array();
}

std::string answer_object::text(std::string_view key) const {
    const boost::json::string* const found = find_text(key);
    if (found == nullptr) return {};
    if (found->size() > longest_text) {
        refuse_field(key, "has " + std::to_string(found->size()) + " bytes; expected at most " +
                              std::to_string(longest_text));
    }
    return plain_line(std::string(found->data(), found->size()));
}

std::string answer_object::message(std::string_view key) const {
    const boost::json::string* const found = find_text(key);
    if (found == nullptr) return {};
    if (found->size() <= longest_text) return plain_line(std::string(found->data(), found->size()));
    return plain_line(std::string(found->data(), longest_text)) + "...";
}

std::optional<bool> answer_object::flag(std::string_view key) const {
    const boost::json::value* const found = find(key);
    if (found == nullptr) return std::nullopt;
    if (!found->is_bool()) refuse_field(key, mismatch(*found, "true or false"));
    return found->get_bool();
}

std::optional<std::int64_t> answer_object::number(std::string_view key, std::int64_t least,
                                                  std::int64_t most) const {
    const boost::json::value* const found = find(key);
    if (found == nullptr) return std::nullopt;
    const std::int64_t* const whole = found->if_int64();
    if (whole == nullptr || *whole < least || *whole > most) {
        refuse_field(key, (whole == nullptr ? "is no whole number" : "is " + std::to_string(*whole)) +
                              "; expected " + std::to_string(least) + " to " + std::to_string(most));
    }
    return *whole;
}

std::optional<answer_object> answer_object::object(std::string_view key) const {
    const boost::json::value* const found = find(key);
    if (found == nullptr) return std::nullopt;
    if (!found->is_object()) refuse_field(key, mismatch(*found, "an object"));
    return answer_object(found->get_object(), *this, key, no_index);
}

answer_object answer_object::required_object(std::string_view key) const {
    const auto found = object(key);
    if (!found) refuse_field(key, "is missing; expected an object");
    return *found;
}

std::vector<answer_object> answer_object::objects(std::string_view key, std::size_t most) const {
    std::vector<answer_object> result;
    const boost::json::array* const list = find_list(key, most);
    if (list == nullptr) return result;
    result.reserve(list->size());
    for (std::size_t index = 0; index < list->size(); ++index) {
        const boost::json::value& element = (*list)[index];
        if (!element.is_object()) refuse_element(key, index, mismatch(element, "an object"));
        result.push_back(answer_object(element.get_object(), *this, key, index));
    }
    return result;
}

std::vector<std::string> answer_object::texts(std::string_view key, std::size_t most) const {
    std::vector<std::string> result;
    const boost::json::array* const list = find_list(key, most);
    if (list == nullptr) return result;
    result.reserve(list->size());
    for (std::size_t index = 0; index < list->size(); ++index) {
        const boost::json::value& element = (*list)[index];
        if (!element.is_string()) refuse_element(key, index, mismatch(element, "a text"));
        const boost::json::string& found = element.get_string();
        if (found.size() > longest_text) {
            refuse_element(key, index,
                           "has " + std::to_string(found.size()) + " bytes; expected at most " +
                               std::to_string(longest_text));
        }
        result.push_back(plain_line(std::string(found.data(), found.size())));
    }
    return result;
}

std::string json_problem(const boost::json::error_code& failed) {
    if (failed != boost::json::error::too_deep) return "is no JSON";
    return "has more than " + std::to_string(deepest_answer) + " levels of objects and lists";
}

boost::json::value parse_answer(std::string_view body) {
    boost::json::parse_options options;
    options.max_depth = deepest_answer;
    boost::json::error_code failed;
    boost::json::value result =
        boost::json::parse(boost::json::string_view(body.data(), body.size()), failed, {}, options);
    if (failed) throw malformed_answer("the answer " + json_problem(failed));
    return result;
}

}  // namespace podpool::detail
