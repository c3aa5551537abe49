#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# The program that the tests on a real Kubernetes control plane run, built from go.mod, go.sum and main.go:
# ten minutes on two cores, once. It is kept outside of the checkout, so that every clone finds it.
#   build.sh path     prints where it is, or would be
#   build.sh why-not  prints in one line why this machine can't build it; nothing if it can, or needn't
#   build.sh build    builds it unless it is there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
PATH="$PATH:/usr/local/go/bin"

program() {
    local version hash
    version=$(awk '$1 == "k8s.io/kubernetes" { print $2; exit }' go.mod)
    hash=$(cat go.mod go.sum main.go | sha256sum | cut -c1-12)
    echo "${XDG_CACHE_HOME:-$HOME/.cache}/podpool/kubernetes-$version-$hash/control_plane"
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

case ${1:-} in
    path) program ;;
    why-not) why_not ;;
    build) build ;;
    *)
        echo 'usage: build.sh path | why-not | build' >&2
        exit 2
        ;;
esac
