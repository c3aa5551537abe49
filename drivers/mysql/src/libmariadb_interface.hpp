// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdarg>
#include <cstddef>
#include <optional>

/// What libmariadb 3's <mysql.h>, <mysql/client_plugin.h> and <ma_pvio.h> declare, as far as it is used here.
///
/// Written down here since the connector's package comes without these headers. A test compares all of it
/// with them.
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
using io_get_handle = char (*)(io*, void*);

/// Which entries of st_ma_pvio_methods are those that are used here.
struct io_layout {
    std::size_t connect;
    std::size_t get_handle;
};

/// The layout of a table with so many entries; nothing if it isn't one that is known. Version 3.4.10 has left
/// four entries out (CONC-828) and kept the version of the interface, so that the number alone tells.
constexpr std::optional<io_layout> layout_of(std::size_t entries) noexcept {
    constexpr std::size_t until_3_4_9 = 17;
    constexpr std::size_t since_3_4_10 = 13;
    if (entries == until_3_4_9) return io_layout{8, 12};
    if (entries == since_3_4_10) return io_layout{5, 9};
    return std::nullopt;
}

/// What ma_pvio_register_callback() takes: called after each write (`mode` 1) and read (0) of any session.
using io_observer = void (*)(int mode, session*, const unsigned char*, std::size_t);

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
