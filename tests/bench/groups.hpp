// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "bench_settings.hpp"
#include "report.hpp"

namespace podpool::bench {

// Each measures one part of docs/performance.md's table and adds its rows.
// They throw std::exception when they can't run.

/// acquire + release on one thread; also prints Google Benchmark's lines.
void run_cycle_group(const bench_settings& settings, report& into);
/// The same on two pinned threads, and 32 threads on 32 connections.
void run_threads_group(const bench_settings& settings, report& into);
/// Eight threads on four connections, each held 1 ms.
void run_held_group(const bench_settings& settings, report& into);
/// async_acquire + release.
void run_async_group(const bench_settings& settings, report& into);
#ifdef PODPOOL_BENCH_POSTGRES
/// `select 1` through blocking leases.
void run_query_group(const bench_settings& settings, report& into);
/// `select 1` by coroutines on one thread.
void run_coroutines_group(const bench_settings& settings, report& into);
/// podpool as it comes and with other resets beside libpq with and without a pool, each a process of its own.
void run_defaults_group(const bench_settings& settings, report& into);
/// Six busy processes that find two more servers behind their name.
void run_arrivals_group(const bench_settings& settings, report& into);
#endif
#ifdef PODPOOL_BENCH_MYSQL
/// Sessions, acquire + release and `select 1` with MySQL or MariaDB.
void run_mysql_group(const bench_settings& settings, report& into);
#endif

}  // namespace podpool::bench
