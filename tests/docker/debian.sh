#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Runs what the README promises on a Debian release, ./dev demo and ./dev test, on a clean clone of what is committed
# here, in a container of that release that has nothing else. `./dev test --debian RELEASE` runs it.
#   debian.sh 12|13 [CTEST ARGUMENTS]
# The container is gone afterwards; ccache's directory stays, in the volume podpool-debian-RELEASE-ccache. The
# programs inside have the niceness of the caller.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
    printf 'debian: %s\n' "$*" >&2
    exit 1
}

release=${1:-}
case $release in
    12) suite=bookworm ;;
    13) suite=trixie ;;
    *)
        printf "debian: unknown release '%s'; expected 12 or 13\n" "$release" >&2
        exit 2
        ;;
esac
shift
name=podpool-debian-$release-$$
scratch=$(mktemp -d)
tear_down() {
    docker rm --force --volumes "$name" >/dev/null 2>&1 || true
    rm -rf "$scratch"
}
trap tear_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [[ -n $(git status --porcelain) ]]; then echo 'debian: what is not committed is left out'; fi
git clone --quiet . "$scratch/podpool" || fail 'git clone failed (above)'
docker/base_image.sh "debian:$suite-slim"

# As in docker/build_images.sh: where this machine's packages come from holds for the container's too.
apt_options=''
if [[ $(apt-config dump Acquire::Check-Valid-Until 2>/dev/null) == *'"false"'* ]]; then
    apt_options='Acquire::Check-Valid-Until "false";'
fi
# SYS_ADMIN and NET_ADMIN: tests make network namespaces of their own, and packets vanish in them. SYS_PTRACE: with it
# Docker's filter lets a process ask what its own threads are blocked in, which the MySQL driver does. IPv6: Docker
# switches it off, and some tests listen on ::1. Each of the tests' servers takes shared memory.
options=(--rm --interactive --init --name "$name" --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add SYS_PTRACE
    --sysctl net.ipv6.conf.all.disable_ipv6=0 --shm-size 1g --env LANG=C.UTF-8 --env "APT_OPTIONS=$apt_options"
    --volume "podpool-debian-$release-ccache:/root/.cache/ccache")
for proxy in http_proxy https_proxy ftp_proxy no_proxy; do
    if [[ -n ${!proxy:-} ]]; then options+=(--env "$proxy"); fi
done
tar -C "$scratch" -c podpool | docker run "${options[@]}" "debian:$suite-slim" nice -n "$(nice)" bash -euo pipefail -c '
    tar -x -C /srv
    exec </dev/null
    if [[ -n $APT_OPTIONS ]]; then echo "$APT_OPTIONS" >/etc/apt/apt.conf.d/podpool; fi
    cd /srv/podpool
    status=0
    for command in demo test; do
        arguments=()
        if [[ $command == test ]]; then arguments=("$@"); fi
        started=$SECONDS
        ./dev "$command" "${arguments[@]}" || status=1
        echo "debian: ./dev $command took $((SECONDS - started)) s"
    done
    exit "$status"' debian "$@"
