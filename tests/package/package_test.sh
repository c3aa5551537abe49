#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# package_test.sh SOURCE BUILD CMAKE GENERATOR: builds and runs the consumer projects beside this script
# against the source tree and against an installed and then moved package.
set -euo pipefail

source_dir=$1 build_dir=$2 cmake=$3 generator=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/podpool-package-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# The consumers compile all of podpool anew.
if command -v ccache >/dev/null && [[ -z ${CMAKE_CXX_COMPILER_LAUNCHER:-} ]]; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$source_dir CCACHE_NOHASHDIR=1
fi

configure() {
    local name=$1
    shift
    "$cmake" -S "$here/consumer" -B "$scratch/$name" -G "$generator" "$@" >"$scratch/$name.log" 2>&1
}

# consume NAME [cmake arguments]: configures, builds and runs every program of the consumer project.
consume() {
    local name=$1 program programs=0
    printf -- '--- %s\n' "$name"
    configure "$@" || {
        cat "$scratch/$name.log"
        return 1
    }
    "$cmake" --build "$scratch/$name" --parallel 2 >"$scratch/$name.log" 2>&1 || {
        cat "$scratch/$name.log"
        return 1
    }
    for program in "$scratch/$name"/use_*; do
        printf '%s: ' "${program##*/}"
        "$program"
        programs=$((programs + 1))
    done
    if ((programs == 0)); then
        printf 'no program was built\n'
        return 1
    fi
}

# expect_refusal NAME TEXT [cmake arguments]: configuring fails, and says TEXT.
expect_refusal() {
    local name=$1 text=$2
    shift 2
    printf -- '--- %s\n' "$name"
    if configure "$name" "$@"; then
        printf 'configuring succeeded; expected an error saying: %s\n' "$text"
        return 1
    fi
    if ! tr -s ' \n' ' ' <"$scratch/$name.log" | grep -qF "$text"; then
        cat "$scratch/$name.log"
        printf 'expected an error saying: %s\n' "$text"
        return 1
    fi
}

consume subdirectory "-DCONSUMER_PODPOOL_SOURCE=$source_dir"
consume subdirectory_shared "-DCONSUMER_PODPOOL_SOURCE=$source_dir" -DBUILD_SHARED_LIBS=ON
consume subdirectory_headers_only "-DCONSUMER_PODPOOL_SOURCE=$source_dir" -DPODPOOL_DNS=OFF -DPODPOOL_POSTGRES=OFF

DESTDIR='' "$cmake" --install "$build_dir" --prefix "$scratch/first" >"$scratch/install.log"
if grep -rlF -e "$source_dir" -e "$scratch" --include='*.cmake' "$scratch/first"; then
    printf 'the package files above name the machine that built them\n'
    exit 1
fi
# Moved, since a package must not depend on where it was installed first.
mv "$scratch/first" "$scratch/prefix"
prefix="-DCMAKE_PREFIX_PATH=$scratch/prefix"

printf -- '--- package_without_components\n'
configure package_without_components "$prefix" || {
    cat "$scratch/package_without_components.log"
    exit 1
}
components=''
for component in dns kubernetes postgres mysql; do
    if [[ -n $(find "$scratch/prefix" -name "podpool-$component-targets.cmake") ]]; then
        components+=${components:+;}$component
    fi
done
consume package "$prefix" "-DCONSUMER_COMPONENTS=$components"
expect_refusal unknown_component "component teapot needs a podpool that was built with it" "$prefix" \
    -DCONSUMER_COMPONENTS=teapot
expect_refusal next_major_version "Could not find a configuration file for package \"podpool\"" "$prefix" \
    -DCONSUMER_VERSION=$((${PODPOOL_VERSION%%.*} + 1)).0
printf 'all consumers passed\n'
