#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Makes a contender of an older podpool, which `./dev bench --groups defaults --old OUT` measures beside the new one:
#   build_older.sh PREFIX OUT
# PREFIX: where that podpool is installed, a release build with podpool::postgres (cmake --install).
set -euo pipefail

if (($# != 2)); then
    echo 'Usage: build_older.sh PREFIX OUT' >&2
    exit 2
fi
prefix=$1 out=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

read -ra flags < <(pkg-config --cflags libcares libpq)
read -ra libraries < <(pkg-config --libs libpq libcares)
# As CMake's release preset compiles.
"${CXX:-c++}" -std=c++20 -O3 -DNDEBUG -I"$prefix/include" "${flags[@]}" \
    "$here/podpool_contender.cpp" "$here/contender.cpp" "$here/../series.cpp" -o "$out" \
    "$prefix/lib/libpodpool_postgres.a" "$prefix/lib/libpodpool_dns.a" "${libraries[@]}" -lpthread
