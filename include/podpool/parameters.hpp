// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace podpool {

namespace detail {

/// How a driver keeps a parameter until it is sent. Each driver specializes it with a type `value`, a
/// constant `accepts<T>` that says what can be a parameter, and a function `bind(x)` that copies one.
template <class Driver>
struct parameter_binding;

}  // namespace detail

/// Parameters of a statement whose number is known at run time only, such as those of a bulk insert.
///
/// It stands for its elements in the parameters of query() and async_query(), alone or among others, in their
/// order: with two elements it is `$1` and `$2`, or two question marks. What can be an element is what can be
/// a parameter of the driver's connection. `Driver`: podpool::postgres or podpool::mysql. Thread safety: a
/// plain value.
template <class Driver>
class parameters {
    using binding = detail::parameter_binding<Driver>;

public:
    parameters() = default;

    /// A copy of each element of a range. Throws std::bad_alloc.
    template <std::ranges::input_range Range>
        requires(!std::same_as<Range, parameters>) &&
                (binding::template accepts<std::ranges::range_value_t<const Range>>)
    explicit parameters(const Range& range) {
        for (const std::ranges::range_value_t<const Range>& one : range) push_back(one);
    }

    /// Appends a copy of a value. Throws std::bad_alloc.
    template <class T>
        requires(binding::template accepts<T>)
    void push_back(const T& value) {
        values_.push_back(binding::bind(value));
    }

    [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
    [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
    void clear() noexcept { values_.clear(); }

    /// The copies in the form in which the driver sends them; for drivers.
    [[nodiscard]] const std::vector<typename binding::value>& values() const noexcept { return values_; }

private:
    std::vector<typename binding::value> values_;
};

}  // namespace podpool
