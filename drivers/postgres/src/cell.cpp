// SPDX-License-Identifier: BSL-1.0
#include <podpool/postgres/detail/cell.hpp>

#include <libpq-fe.h>

#include <memory>
#include <new>

namespace podpool::detail {

bool decode_bool(const postgres_cell& cell) {
    const std::string_view text = decode_text(cell);
    if (text != "t" && text != "f") refuse_cell(cell, shown_cell(text) + " is not a boolean");
    return text == "t";
}

std::vector<std::byte> decode_bytes(const postgres_cell& cell) {
    const std::string_view text = decode_text(cell);
    if (!cell.is_bytea) return plain_bytes(text);
    std::size_t size = 0;
    const std::unique_ptr<unsigned char, decltype(&PQfreemem)> bytes(
        PQunescapeBytea(reinterpret_cast<const unsigned char*>(text.data()), &size), &PQfreemem);
    if (!bytes) throw std::bad_alloc();
    return plain_bytes({reinterpret_cast<const char*>(bytes.get()), size});
}

}  // namespace podpool::detail
