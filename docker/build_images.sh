#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Builds the images of docker/, and their base image first where it is missing. `./dev docker-images` runs it.
#   build_images.sh [postgres|mysql|mariadb|app|suite-postgres|suite-mysql|cluster-node|cluster-system]...
#                                                                              default: postgres mysql app
# Where this machine's packages come from holds for the images' too: its proxies, and whether its mirror may be
# of an older day. Nothing of it stays in an image.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    printf 'docker-images: %s\n' "$*" >&2
    exit 1
}

# Docker keeps these arguments out of the images' history.
arguments=(--network host)
for proxy in http_proxy https_proxy ftp_proxy no_proxy; do
    if [[ -n ${!proxy:-} ]]; then arguments+=(--build-arg "$proxy"); fi
done
if [[ $(apt-config dump Acquire::Check-Valid-Until 2>/dev/null) == *'"false"'* ]]; then
    arguments+=(--build-arg APT_OPTIONS=--option=Acquire::Check-Valid-Until=false)
fi
if [[ -n ${BASE_IMAGE:-} ]]; then arguments+=(--build-arg BASE_IMAGE="$BASE_IMAGE"); fi

# Engines without BuildKit's plugin have the older builder, and it says every time that it is old.
build() {
    local log
    printf 'docker-images: building podpool-%s\n' "$1"
    log=$(mktemp)
    docker build "${arguments[@]}" --tag "podpool-$1" "${@:2}" >"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        rm -f "$log"
        fail "building podpool-$1 failed (above)"
    }
    rm -f "$log"
}

if (($# == 0)); then set -- postgres mysql app; fi
for image in "$@"; do
    [[ $image =~ ^(postgres|mysql|mariadb|app|suite-(postgres|mysql)|cluster-(node|system))$ ]] ||
        fail "unknown image '$image'; expected postgres, mysql, mariadb, app, suite-postgres, suite-mysql," \
            'cluster-node or cluster-system'
done
if [[ ${BASE_IMAGE:-debian:} == debian:* ]]; then docker/base_image.sh "${BASE_IMAGE:-debian:trixie-slim}"; fi
suites=()
for image in "$@"; do
    case $image in
        postgres | mysql) build "$image" --file "docker/$image.Dockerfile" docker ;;
        mariadb) build mariadb --build-arg SERVER=mariadb --file docker/mysql.Dockerfile docker ;;
        app) build app --build-arg JOBS="$(nproc)" --file docker/app.Dockerfile . ;;
        cluster-node) build cluster-node --file tests/cluster/node.Dockerfile tests/cluster ;;
        cluster-system)
            coredns=$(tests/go_program.sh tests/cluster/coredns path)
            [[ -x $coredns ]] || fail "no $coredns: tests/go_program.sh tests/cluster/coredns build"
            build cluster-system --file tests/cluster/system.Dockerfile "${coredns%/*}"
            ;;
        suite-*) suites+=("${image#suite-}") ;;
    esac
done
# What app is compiled in, and on it the programs of ./dev test --docker and ./dev demo --docker; those of several
# databases together, since they have much in common.
if ((${#suites[@]} > 0)); then
    build build --build-arg JOBS="$(nproc)" --target build --file docker/app.Dockerfile .
    build suite --build-arg JOBS="$(nproc)" --build-arg DATABASES="${suites[*]}" \
        --file tests/docker/suite.Dockerfile .
    for database in "${suites[@]}"; do docker tag podpool-suite "podpool-suite-$database"; done
fi
