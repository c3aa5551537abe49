// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/postgres/detail/parameter_arrays.hpp>
#include <podpool/postgres/detail/statement.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace podpool::detail {

/// A statement that is sent before its caller goes on: long texts and bytes stay where the caller has them,
/// unless libpq wants a zero byte after them. What is short is copied to the stack.
class borrowed_statement {
public:
    /// The arguments must outlive this object. Throws as postgres_statement does.
    template <postgres_argument... Arguments>
    explicit borrowed_statement(std::string_view sql, const Arguments&... arguments) {
        check_statement(sql, (std::size_t{0} + ... + count_of(arguments)));
        sql_ = {keep(sql), sql.size()};
        if constexpr (sizeof...(arguments) > 0) {
            arrays_.reserve((count_of(arguments) + ...));
            (append(arguments), ...);
        }
    }
    borrowed_statement(const borrowed_statement&) = delete;
    borrowed_statement& operator=(const borrowed_statement&) = delete;
    ~borrowed_statement() = default;

    [[nodiscard]] statement_view view() const noexcept { return arrays_.with(sql_); }

private:
    template <class T>
    static std::size_t count_of(const T& argument) noexcept {
        if constexpr (std::is_same_v<T, parameters<postgres>>) {
            return argument.size();
        } else {
            return 1;
        }
    }

    template <class T>
    void append(const T& value) {
        if constexpr (std::is_same_v<T, parameters<postgres>>) {
            for (const bound_parameter& each : value.values()) borrow(each);
        } else if constexpr (std::is_same_v<T, std::string>) {
            add_text(value.c_str(), value.size());
        } else if constexpr (is_optional<T> && query_parameter<T>) {
            if (value) {
                append(*value);
            } else {
                constexpr parameter_type type = type_of<T>();
                arrays_.add(static_cast<unsigned>(type), nullptr, 0, type == parameter_type::bytea);
            }
        } else if constexpr (std::is_pointer_v<T> && std::is_convertible_v<const T&, const char*>) {
            add_text(value, value == nullptr ? 0 : std::strlen(value));
        } else if constexpr (is_text<T>) {
            const std::string_view text = value;
            add_text(keep(text), text.size());
        } else if constexpr (type_of<T>() == parameter_type::bytea) {
            const std::span<const std::byte> bytes = value;
            arrays_.add(static_cast<unsigned>(parameter_type::bytea), start_of(bytes), bytes.size(), true);
        } else {
            copy(parameter_binding<postgres>::bind(value));
        }
    }

    template <class T>
    static constexpr bool is_text =
        std::is_convertible_v<const T&, std::string_view> && !std::is_same_v<T, std::nullptr_t>;

    void add_text(const char* text, std::size_t size) {
        if (text != nullptr) check_text({text, size}, arrays_.size() + 1);
        arrays_.add(static_cast<unsigned>(parameter_type::inferred), text, size, false);
    }
    /// A parameter whose value lives on.
    void borrow(const bound_parameter& value);
    /// One whose value doesn't.
    void copy(const bound_parameter& value);

    /// A copy with a zero byte after it.
    const char* keep(std::string_view text) {
        char* const copied = static_cast<char*>(memory_.allocate(text.size() + 1, 1));
        text.copy(copied, text.size());
        copied[text.size()] = '\0';
        return copied;
    }

    /// libpq takes a null pointer for NULL.
    static const char* start_of(std::span<const std::byte> bytes) noexcept {
        return bytes.empty() ? "" : reinterpret_cast<const char*>(bytes.data());
    }

    std::array<std::byte, 1024> room_;  // written before it is read
    std::pmr::monotonic_buffer_resource memory_{room_.data(), room_.size()};
    std::string_view sql_;
    parameter_arrays arrays_{memory_};
};

}  // namespace podpool::detail
