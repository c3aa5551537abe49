// SPDX-License-Identifier: BSL-1.0
// What the driver has written down of libmariadb's interface is what its headers say. <mysql/client_plugin.h>
// isn't among them: it includes a header that isn't installed.
#include "libmariadb_interface.hpp"
#include "support/catch.hpp"

#include <mysql.h>
// After <mysql.h>, which it needs.
#include <ma_pvio.h>

#include <cstddef>
#include <optional>
#include <type_traits>

namespace podpool::detail::libmariadb {
namespace {

TEST_CASE("a table of socket functions whose layout isn't known is left alone") {
    for (std::size_t entries = 0; entries < 32; ++entries) {
        CAPTURE(entries);
        CHECK(layout_of(entries).has_value() == (entries == 13 || entries == 17));
    }
}

TEST_CASE("libmariadb's interface is laid out as its headers say") {
    CHECK(option_io_wait == MARIADB_OPT_IO_WAIT);
    CHECK(value_server_status == MARIADB_CONNECTION_SERVER_STATUS);
    CHECK(status_in_transaction == SERVER_STATUS_IN_TRANS);

    CHECK(mysql_get_client_version() == MARIADB_PACKAGE_VERSION_ID);
    const std::optional<io_layout> layout = layout_of(sizeof(st_ma_pvio_methods) / sizeof(io_method));
    REQUIRE(layout);
    CHECK(layout->connect * sizeof(io_method) == offsetof(st_ma_pvio_methods, connect));
    CHECK(layout->get_handle * sizeof(io_method) == offsetof(st_ma_pvio_methods, get_handle));
    CHECK(offsetof(connect_info, opened) == offsetof(MA_PVIO_CINFO, mysql));

    static_assert(std::is_same_v<my_bool, char>);
    static_assert(std::is_same_v<my_socket, int>);
    static_assert(
        std::is_same_v<decltype(st_ma_pvio_methods::connect), my_bool (*)(MARIADB_PVIO*, MA_PVIO_CINFO*)>);
    static_assert(std::is_same_v<decltype(st_ma_pvio_methods::write),
                                 ssize_t (*)(MARIADB_PVIO*, const uchar*, size_t)>);
    static_assert(
        std::is_same_v<decltype(st_ma_pvio_methods::get_handle), my_bool (*)(MARIADB_PVIO*, void*)>);
}

}  // namespace
}  // namespace podpool::detail::libmariadb
