// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

#include <cstdarg>
#include <cstddef>

/// What libmariadb 3's <mysql.h>, <mysql/client_plugin.h> and <ma_pvio.h> declare, as far as it is used here.
///
/// Written down here since the connector's package comes without these headers. The version of the interface,
/// which is asked for, stands for the layout; a test compares all of it with the headers.
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

/// st_ma_pvio_methods, up to the last one that is used here.
struct io_methods {
    using unused = void (*)();

    unused set_timeout;
    unused get_timeout;
    unused read;
    unused async_read;
    ssize_t (*write)(io*, const unsigned char*, std::size_t);
    unused async_write;
    unused wait_io_or_timeout;
    unused blocking;
    char (*connect)(io*, connect_info*);
    unused close;
    unused fast_send;
    unused keepalive;
    char (*get_handle)(io*, void*);
};

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
    io_methods* methods;
};

}  // namespace podpool::detail::libmariadb
