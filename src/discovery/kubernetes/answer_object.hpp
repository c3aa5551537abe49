// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/error.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// One object of an answer of the API server, read field by field. It knows its way down from the top, so
/// that an error can say where it is: `items[3].metadata.name`.
///
/// A field that is null is the same as one that is missing, as in Kubernetes itself. One of another type than
/// expected, too long a text and too long a list throw malformed_answer. An object must live as long as those
/// that were taken out of it.
class answer_object {
public:
    /// How long a text may be, in bytes; what Kubernetes allows for a name is a quarter of it.
    static constexpr std::size_t longest_text = 1024;

    /// The top. Throws malformed_answer if it is no object.
    explicit answer_object(const boost::json::value& value);

    /// The field's text without control characters; empty when missing.
    [[nodiscard]] std::string text(std::string_view key) const;
    /// The same, of any length, cut off after `longest_text` bytes: for messages to people.
    [[nodiscard]] std::string message(std::string_view key) const;
    [[nodiscard]] std::optional<bool> flag(std::string_view key) const;
    /// The field's whole number from `least` to `most`.
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view key, std::int64_t least,
                                                     std::int64_t most) const;
    [[nodiscard]] std::optional<answer_object> object(std::string_view key) const;
    /// The same, but throws when missing.
    [[nodiscard]] answer_object required_object(std::string_view key) const;
    /// The objects of a list of at most `most`; empty when missing.
    [[nodiscard]] std::vector<answer_object> objects(std::string_view key, std::size_t most) const;
    /// The texts of a list of at most `most`; empty when missing.
    [[nodiscard]] std::vector<std::string> texts(std::string_view key, std::size_t most) const;

    /// Throws malformed_answer: `PLACE.key problem`. Without a key it is about the object itself.
    [[noreturn]] void refuse_field(std::string_view key, const std::string& problem) const;
    /// The same for an element of a list.
    [[noreturn]] void refuse_element(std::string_view key, std::size_t index,
                                     const std::string& problem) const;

private:
    static constexpr std::size_t no_index = static_cast<std::size_t>(-1);

    answer_object(const boost::json::object& object, const answer_object& parent, std::string_view key,
                  std::size_t index)
        : object_(&object), parent_(&parent), key_(key), index_(index) {}

    [[nodiscard]] const boost::json::value* find(std::string_view key) const;
    [[nodiscard]] const boost::json::string* find_text(std::string_view key) const;
    [[nodiscard]] const boost::json::array* find_list(std::string_view key, std::size_t most) const;
    [[nodiscard]] std::string place() const;

    const boost::json::object* object_;
    const answer_object* parent_ = nullptr;
    std::string_view key_;
    std::size_t index_ = no_index;
};

/// How deep objects and lists may be in each other; those of EndpointSlices, managedFields included, stay
/// below 10.
inline constexpr std::size_t deepest_answer = 32;

/// Reads a whole body, of at most so many levels. Throws malformed_answer.
boost::json::value parse_answer(std::string_view body);

/// The end of a sentence that says why a text can't be parsed. Most mistakes are only called no JSON:
/// Boost.JSON calls one and the same mistake by several names, depending on how the bytes were cut, and a
/// message must not depend on that.
std::string json_problem(const boost::json::error_code& failed);

}  // namespace podpool::detail
