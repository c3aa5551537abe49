// SPDX-License-Identifier: BSL-1.0
#include <podpool/mysql/detail/statement.hpp>

#include <cmath>
#include <stdexcept>

namespace podpool::detail {

mysql_bytes copy_bytes(std::span<const std::byte> value) {
    return {std::string(reinterpret_cast<const char*>(value.data()), value.size())};
}

std::size_t size_of(const mysql_statement& statement) noexcept {
    std::size_t size = statement.sql().size();
    for (const mysql_parameter& parameter : statement.parameters()) {
        if (const auto* text = std::get_if<std::string>(&parameter)) size += text->size();
        if (const auto* bytes = std::get_if<mysql_bytes>(&parameter)) size += bytes->value.size();
    }
    return size;
}

void mysql_statement::check() const {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const double* number = std::get_if<double>(&parameters_[i]);
        if (number != nullptr && !std::isfinite(*number)) {
            throw std::invalid_argument("parameter " + std::to_string(i + 1) +
                                        " is no finite number, and MySQL has no other");
        }
    }
}

}  // namespace podpool::detail
