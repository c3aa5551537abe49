#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# A program of the tests that is written in Go, built from a directory's go.mod, go.sum and main.go and named after the
# directory. It is kept outside of the checkout, so that every clone finds it.
#   go_program.sh DIRECTORY path     prints where it is, or would be
#   go_program.sh DIRECTORY why-not  prints in one line why this machine can't build it; nothing if it can, or needn't
#   go_program.sh DIRECTORY build    builds it unless it is there
set -euo pipefail

misuse() {
    echo 'usage: go_program.sh DIRECTORY path | why-not | build' >&2
    exit 2
}

(($# == 2)) || misuse
cd "$1"
PATH="$PATH:/usr/local/go/bin"

program() {
    local hash
    hash=$(cat go.mod go.sum main.go | sha256sum | cut -c1-12)
    echo "${XDG_CACHE_HOME:-$HOME/.cache}/podpool/${PWD##*/}-$hash/${PWD##*/}"
}

why_not() {
    local wanted
    if [[ -x $(program) ]]; then return 0; fi
    wanted=$(awk '$1 == "go" { print $2; exit }' go.mod)
    if ! command -v go >/dev/null; then
        echo "no Go here; version $wanted or later can build it"
    elif ! go list -m >/dev/null 2>&1; then
        echo "$(go version | cut -d' ' -f3) is too old; version $wanted or later can build it"
    fi
}

build() {
    local target
    target=$(program)
    if [[ -x $target ]]; then return 0; fi
    mkdir -p "${target%/*}"
    scratch=$(mktemp "$target.XXXXXX")
    trap 'rm -f "$scratch"' EXIT
    # Without cgo no C library of this machine is in it. GOGC=400: else half of the time goes into collecting.
    CGO_ENABLED=0 GOGC=400 GOFLAGS="${GOFLAGS:-} -buildvcs=false" \
        go build -trimpath -ldflags='-s -w' -o "$scratch" . >&2
    chmod 755 "$scratch"
    mv "$scratch" "$target"
}

case $2 in
    path) program ;;
    why-not) why_not ;;
    build) build ;;
    *) misuse ;;
esac
