// SPDX-License-Identifier: BSL-1.0
#include "login_watch.hpp"

#include "libmariadb_interface.hpp"
#include "tls_rules.hpp"

#include <podpool/error.hpp>

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

namespace podpool::detail {

namespace {

/// The functions of libmariadb that are called here. Looked up while the program runs: the connector brings
/// the library, and nothing else of podpool's needs it for being linked.
struct library_functions {
    libmariadb::session* (*init)(libmariadb::session*) = nullptr;
    void (*close)(libmariadb::session*) = nullptr;
    int (*set_option)(libmariadb::session*, int, ...) = nullptr;
    libmariadb::io_plugin* (*find_plugin)(libmariadb::session*, const char*, int) = nullptr;
    std::uint64_t (*insert_id)(libmariadb::session*) = nullptr;
    char (*get_info)(libmariadb::session*, int, void*, ...) = nullptr;
    int (*get_socket)(libmariadb::session*) = nullptr;
    int (*observe_io)(char on, libmariadb::io_observer) = nullptr;

    [[nodiscard]] bool complete() const noexcept {
        return init != nullptr && close != nullptr && set_option != nullptr && find_plugin != nullptr &&
               insert_id != nullptr && get_info != nullptr && get_socket != nullptr && observe_io != nullptr;
    }
};

template <class Function>
void look_up(void* library, const char* name, Function& into) noexcept {
    into = reinterpret_cast<Function>(dlsym(library, name));
}

library_functions find_functions() noexcept {
    // By its name: another library in the process may have functions of the same names.
    void* const loaded = dlopen("libmariadb.so.3", RTLD_LAZY | RTLD_NOLOAD);
    void* const library = loaded != nullptr ? loaded : RTLD_DEFAULT;
    library_functions found;
    look_up(library, "mysql_init", found.init);
    look_up(library, "mysql_close", found.close);
    look_up(library, "mysql_optionsv", found.set_option);
    look_up(library, "mysql_client_find_plugin", found.find_plugin);
    look_up(library, "mysql_insert_id", found.insert_id);
    look_up(library, "mariadb_get_infov", found.get_info);
    look_up(library, "mysql_get_socket", found.get_socket);
    look_up(library, "ma_pvio_register_callback", found.observe_io);
    if (loaded != nullptr) dlclose(loaded);
    return found;
}

const library_functions& library() noexcept {
    static const library_functions found = find_functions();
    return found;
}

/// The library's own table of functions for sockets; null if there is none.
libmariadb::io_method* find_methods() noexcept {
    if (!library().complete()) return nullptr;
    libmariadb::session* const session = library().init(nullptr);
    if (session == nullptr) return nullptr;
    const libmariadb::io_plugin* const plugin =
        library().find_plugin(session, libmariadb::socket_plugin_name, libmariadb::io_plugin_kind);
    const bool known = plugin != nullptr &&
                       plugin->interface_version >> 8U == libmariadb::io_plugin_version &&
                       std::strcmp(plugin->name, libmariadb::socket_plugin_name) == 0;
    libmariadb::io_method* const methods = known ? plugin->methods : nullptr;
    library().close(session);
    return methods;
}

/// How many entries a table has: functions of libmariadb, up to the first that is none.
std::size_t entries_of(const libmariadb::io_method* table) noexcept {
    constexpr std::size_t most = 32;
    Dl_info self{};
    if (dladdr(reinterpret_cast<void*>(library().init), &self) == 0) return 0;
    std::size_t count = 0;
    for (; count < most && table[count] != nullptr; ++count) {
        Dl_info entry{};
        const bool found = dladdr(reinterpret_cast<void*>(table[count]), &entry) != 0;
        if (!found || entry.dli_fbase != self.dli_fbase) break;
    }
    return count;
}

void close_on_exec(int descriptor) noexcept {
    const int flags = fcntl(descriptor, F_GETFD);
    if (flags >= 0) fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
}

/// Called by the library instead of its own function as long as connect() isn't done: TCP waits here as soon
/// as the socket has been made. Returns what poll() does.
int mark_and_wait(int descriptor, char to_read, int timeout_ms) noexcept {
    close_on_exec(descriptor);
    pollfd asked{descriptor, static_cast<short>(to_read != 0 ? POLLIN : POLLOUT), 0};
    int ready = 0;
    do {
        ready = poll(&asked, 1, timeout_ms == 0 ? -1 : timeout_ms);
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) errno = ETIMEDOUT;
    return ready;
}

thread_local login_watch* watching = nullptr;

}  // namespace

/// Watches what libmariadb does with sockets, and passes on whatever it isn't here for.
///
/// The library calls an observer after each read and write, which is enough to know the session and to mark
/// its socket when the server has said something. To mark it sooner, `connect` in the library's table is
/// stood before; a table whose layout isn't known is left as it is.
struct watched_io {
    libmariadb::io_method* table = find_methods();
    std::optional<libmariadb::io_layout> layout;
    libmariadb::io_connect connect = nullptr;
    libmariadb::io_get_handle get_handle = nullptr;

    watched_io() noexcept {
        if (table != nullptr) layout = libmariadb::layout_of(entries_of(table));
        if (!layout) return;
        connect = reinterpret_cast<libmariadb::io_connect>(std::atomic_ref(table[layout->connect]).load());
        get_handle = reinterpret_cast<libmariadb::io_get_handle>(table[layout->get_handle]);
    }

    /// Made at first use, and put in place only then: what it stands before is known by that time.
    static watched_io& instance() noexcept {
        static watched_io made;
        return made;
    }

    void watch(bool on) noexcept {
        library().observe_io(on ? 1 : 0, &observe);
        if (!layout) return;
        const libmariadb::io_connect wanted = on ? &watched_connect : connect;
        std::atomic_ref(table[layout->connect]).store(reinterpret_cast<libmariadb::io_method>(wanted));
    }

    static char watched_connect(libmariadb::io* io, libmariadb::connect_info* where) {
        const watched_io& self = instance();
        if (watching == nullptr) return self.connect(io, where);
        library().set_option(where->opened, libmariadb::option_io_wait,
                             reinterpret_cast<void*>(&mark_and_wait));
        const char failed = self.connect(io, where);
        library().set_option(where->opened, libmariadb::option_io_wait, static_cast<void*>(nullptr));
        int descriptor = -1;
        if (failed == 0 && self.get_handle(io, &descriptor) == 0) close_on_exec(descriptor);
        return failed;
    }

    static void observe(int mode, libmariadb::session* session, const unsigned char*, std::size_t) {
        if (watching == nullptr || session == nullptr) return;
        constexpr int write = 1;
        watching->sent_ = watching->sent_ || mode == write;
        if (watching->handle_.known()) return;
        watching->handle_ = client_handle(session);
        close_on_exec(library().get_socket(session));
    }
};

std::uint64_t client_handle::last_insert_id() const noexcept {
    return known() ? library().insert_id(session_) : 0;
}

bool client_handle::in_transaction() const noexcept {
    unsigned status = 0;
    if (!known() || library().get_info(session_, libmariadb::value_server_status, &status) != 0) return false;
    return (status & libmariadb::status_in_transaction) != 0;
}

login_watch::login_watch() noexcept { watching = this; }

login_watch::~login_watch() { watching = nullptr; }

void login_watch::prepare() {
    if (compiled_for() != client_library::mariadb) return;
    /// In place until the program ends, or the plugin of a program that podpool is a part of is unloaded.
    struct in_place {
        watched_io& io = watched_io::instance();
        in_place() noexcept {
            if (library().complete()) io.watch(true);
        }
        in_place(const in_place&) = delete;
        in_place& operator=(const in_place&) = delete;
        ~in_place() {
            if (library().complete()) io.watch(false);
        }
    };
    static const in_place placed;
    (void)placed;
    if (!library().complete()) {
        throw error(
            errc::invalid_options,
            "the client library below mysql-connector-c++ 1.1 isn't libmariadb 3, which the MySQL driver "
            "needs: its sockets couldn't be kept from programs that this one starts");
    }
}

}  // namespace podpool::detail
