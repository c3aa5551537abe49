#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Reads the connection string from the file PODPOOL_URI_FILE, as orchestrators mount secrets, into PODPOOL_URI,
# where the command and the example look, and becomes the program given as arguments.
#   PODPOOL_URI_OPTIONS    appended to the string, such as &pool_max_conns=12
set -eu
if [ -n "${PODPOOL_URI_FILE:-}" ]; then
    if ! [ -r "$PODPOOL_URI_FILE" ]; then
        echo "podpool-entrypoint: PODPOOL_URI_FILE: no file $PODPOOL_URI_FILE that $(id -un) can read" >&2
        exit 1
    fi
    PODPOOL_URI=$(cat "$PODPOOL_URI_FILE")
fi
if [ -n "${PODPOOL_URI:-}" ]; then export PODPOOL_URI="$PODPOOL_URI${PODPOOL_URI_OPTIONS:-}"; fi
exec "$@"
