#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Answers queries: a server that starts, clones or stops does not.
set -euo pipefail
client=$(command -v mariadb || command -v mysql)
exec "$client" --no-defaults --connect-timeout=3 --socket=/run/podpool/socket/server.sock --user=mysql \
    --execute='select 1' >/dev/null
