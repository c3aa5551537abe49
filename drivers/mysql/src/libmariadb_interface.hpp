// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

#include <cstdarg>
#include <cstddef>

/// What libmariadb 3's <mysql.h>, <mysql/client_plugin.h> and <ma_pvio.h> declare, as far as it is used here.
///
/// Written down here since the connector's package comes without these headers. The versions of the
/// interface and of the library, which are asked for, stand for the layout; a test compares all of it with
/// the headers.
namespace podpool::detail::libmariadb {

/// MARIADB_CLIENT_PVIO_PLUGIN: the kind of plugin that opens sockets, reads and writes.
inline constexpr int io_plugin_kind = 101;
/// The upper byte of MARIADB_CLIENT_PVIO_PLUGIN_INTERFACE_VERSION.
inline constexpr unsigned io_plugin_version = 1;
/// The plugin for TCP and Unix sockets; built into the library.
inline constexpr const char* socket_plugin_name = "pvio_socket";
/// MARIADB_OPT_IO_WAIT: the function that waits for a socket instead of the library's own.
inline constexpr int option_io_wait = 7024;
/// MARIADB_CONNECTION_SERVER_STATUS.
inline constexpr int value_server_status = 30;
/// SERVER_STATUS_IN_TRANS.
inline constexpr unsigned status_in_transaction = 1;

/// MYSQL: a session.
struct session;
/// MARIADB_PVIO: a session's socket and its buffer.
struct io;

/// MA_PVIO_CINFO: where a session is to be opened.
struct connect_info {
    const char* host;
    const char* unix_socket;
    int port;
    int type;
    session* opened;
};

/// One entry of st_ma_pvio_methods, of whatever type it is.
using io_method = void (*)();
using io_connect = char (*)(io*, connect_info*);
using io_write = ssize_t (*)(io*, const unsigned char*, std::size_t);
using io_get_handle = char (*)(io*, void*);

/// Which entries of st_ma_pvio_methods are those that are used here.
struct io_layout {
    std::size_t connect;
    std::size_t write;
    std::size_t get_handle;
};

/// The layout of a library by its mysql_get_client_version(), 3.4.10 being 30410. That version has left out
/// four entries that came between (CONC-828), and kept the version of the interface.
constexpr io_layout layout_of(unsigned long client_version) noexcept {
    constexpr unsigned long first_without = 30410;
    return client_version < first_without ? io_layout{8, 4, 12} : io_layout{5, 3, 9};
}

/// MARIADB_PVIO_PLUGIN.
struct io_plugin {
    int type;
    unsigned interface_version;
    const char* name;
    const char* author;
    const char* description;
    unsigned version[3];  // NOLINT(modernize-avoid-c-arrays): the library's layout
    const char* licence;
    void* api;
    int (*init)(char*, std::size_t, int, va_list);
    int (*deinit)();
    int (*options)(const char*, const void*);
    io_method* methods;
};

}  // namespace podpool::detail::libmariadb
