#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Answers queries: a server that starts, clones or stops does not.
set -euo pipefail
for bin in /usr/lib/postgresql/*/bin; do PATH=$bin:$PATH; done
PGCONNECT_TIMEOUT=3 exec psql --no-psqlrc --no-password --quiet --tuples-only --host=/run/podpool/socket \
    --dbname=postgres --command='select 1' >/dev/null
