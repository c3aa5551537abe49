# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
# What the entrypoints of both databases share; they source it.

say() { printf 'podpool: %s\n' "$*"; }
fail() {
    printf 'podpool: %s\n' "$*" >&2
    exit 1
}

# A shell that is process 1 has no default for signals, and it handles none while it waits for a program in the
# foreground. So whatever takes long runs in the background, and `docker stop` ends it at once.
stop_running() {
    local program
    trap '' INT TERM QUIT
    say 'stopped before the server was ready'
    for program in $(jobs -p); do kill -TERM "$program" 2>/dev/null || true; done
    wait
    exit 143
}
trap stop_running INT TERM QUIT

# run COMMAND [ARGUMENT...]: like the command alone, but a signal ends it.
run() {
    "$@" <&0 &
    wait "$!"
}

pause() { run sleep "$1"; }

# secret NAME: prints what the file in ${NAME}_FILE holds, else the variable NAME.
secret() {
    local name=$1 file=${1}_FILE
    if [[ -n ${!file:-} ]]; then
        [[ -r ${!file} ]] || fail "$file: no file ${!file} that $(id -un) can read"
        printf '%s' "$(<"${!file}")"
    elif [[ -n ${!name:-} ]]; then
        printf '%s' "${!name}"
    else
        fail "neither $name nor $file is given"
    fi
}
