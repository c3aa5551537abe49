// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/option_table.hpp>

#include <string>
#include <string_view>

namespace podpool::test {

inline constexpr std::string_view options_page_begin =
    R"page(<!-- Made from include/podpool/detail/option_table.hpp by podpool_options_page; don't edit. -->
# Options

A pool is set up by its connection string. Keys that start with `pool_` are the pool's own: it takes them
out, and the driver reads the rest. Every key has a default, so the shortest string is one that your
database already accepts.

```
postgresql://app@db.prod.svc.cluster.local/shop?sslmode=verify-full&pool_max_conns=32&pool_max_conn_lifetime=1h
```

## Where to put the keys

| form | example |
|---|---|
| PostgreSQL URI | `postgresql://app@db/shop?pool_max_conns=32&pool_acquire_timeout=5s` |
| PostgreSQL keywords and values | `host=db user=app dbname=shop pool_max_conns=32 pool_name='web shop'` |
| URI with any other scheme, for drivers of other databases | `mysql://app@db:3306/shop?pool_max_conns=32` |

- **In a URI** the keys go into the query part: after the `?`, with `&` between them. Some characters have to
  be encoded there: write `%25` for `%`, `%26` for `&`, `%3D` for `=` and `%40` for `@`. So a jitter of 10 % is
  `pool_max_conn_lifetime_jitter=10%25`.
- **In keywords and values** they stand anywhere among the other pairs. A value with blanks goes into single
  quotes; inside of it a backslash goes before a quote or a backslash (`\'`, `\\`).
- An empty string is allowed: then libpq's defaults and environment variables say where the database is.
- **From code**, every key is a field of `podpool::options` without its prefix (`pool_max_conns` is
  `options::max_conns`). `options::parse()` reads a string, `options::validate()` checks fields that you set
  yourself, with the same limits and the same messages. `podpool::option_values()` lists what is in force.

`podpool parse <string>` shows what a string says, with defaults marked and without the password.

## How values are written

- **Durations** are numbers with a unit: `250ms`, `30s`, `1.5h`, `1h30m`. Units are `ns`, `us`, `ms`, `s`, `m`, `h`
  and `d` (24 hours). A number without a unit is an error.
- **Sizes** are whole numbers.
- **Amounts of memory** are whole numbers with a unit: `512KiB`, `4MiB`. Units are `B`, `KiB`, `MiB` and `GiB` (powers of
  1024), `kB`, `MB` and `GB` (powers of 1000).
- **Percentages** end in `%` and may have decimals: `12.5%`.
- Keys and names are case-sensitive, as in libpq.

A mistake is an error when the pool is made, never a default used in silence: an unknown `pool_` key (the
nearest known one is named if it is near, and podpool's own for a key of another library), a key given twice, an empty value, a value outside of its range, a minimum above
the maximum. The error is a `podpool::error` with the code `podpool::errc::invalid_options`. It repeats pool
keys and pool values only, so it never shows a password.

## The keys

| key | default | range | meaning |
|---|---|---|---|
)page";

inline constexpr std::string_view options_page_end =
    R"page(
`cores` is the number of processors that the program sees. Years are 365 days here: 3650d is ten of them.

## Everything else goes to the driver

This section is about PostgreSQL. The keys of MySQL and MariaDB, among them names of the same kind with their own
limits (`sslmode`, `target_session_attrs`), are in [mysql.md](mysql.md). One pool option differs there:
`pool_reset=auto` and `full`, which are the same there, replace a session in which a statement may have left something, because MySQL's connector can't
clear it, and of all others only rolls back a transaction that was left open.

For PostgreSQL, libpq itself reads the rest of the string. Whatever psql accepts is accepted, byte for byte,
and a mistake gets libpq's own error: several hosts, IPv6 in brackets, percent-encoding, Unix sockets, TLS and
all other keys of libpq's manual.

| for | keys of libpq | |
|---|---|---|
| TLS | `sslmode`, `sslrootcert`, `sslcert`, `sslkey`, ... | `sslmode=verify-full` checks the certificate against the name in the string, also when that name stands for many pods |
| role | `target_session_attrs` | `any`, `read-write`, `read-only`, `primary`, `standby` or `prefer-standby`: a primary serves only while no standby can; checked for each connection that the pool opens |
| login | `user`, `password`, `passfile`, ... | a password in a file or in `PGPASSWORD` can't end up in a process list |
| sessions | `options`, `application_name`, ... | set for every connection of the pool |

```
host=db-0.db,db-1.db,[::1] port=5432 dbname=shop target_session_attrs=primary sslmode=verify-full pool_max_conns=8
postgresql:///shop?host=/run/postgresql&pool_reset=rollback
```

`connect_timeout=3`, as libpq and MySQL's clients have it, counts as `pool_connect_timeout=3s` where that key isn't given; at most
10 minutes, and 0 stands for the default. The pool's limit also covers the login and the role check, and it has a finer unit.
`PGCONNECT_TIMEOUT` and a service file don't set it.

The pool looks for its keys where libpq would find them. In a URI the user's name and password end at an `@`
that comes before the first `/`, so a `?` in a password is part of the password; a quoted value such as
`password='x pool_max_conns=1'` is one value. Nothing in there is taken for a pool key.
)page";

/// docs/options.md as it should be.
inline std::string options_page() {
    std::string page(options_page_begin);
    for (const detail::option_row& row : detail::option_table) {
        page.append("| `").append(row.key).append("` | ").append(row.default_text());
        page.append(" | ").append(row.range()).append(" | ").append(row.meaning).append(" |\n");
    }
    return page.append(options_page_end);
}

}  // namespace podpool::test
