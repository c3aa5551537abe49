#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Sees to the base image of everything in docker/: what is there stays, else a registry is asked, and where none
# answers the image is made here, from Debian's packages. `./dev docker-base` runs it.
#   base_image.sh [IMAGE]     IMAGE is debian:SUITE-slim; default debian:trixie-slim
set -euo pipefail
# shellcheck source=docker/debian_mirror.sh
source "$(dirname "${BASH_SOURCE[0]}")/debian_mirror.sh"

fail() {
    printf 'docker-base: %s\n' "$*" >&2
    exit 1
}
say() { printf 'docker-base: %s\n' "$*"; }

image=${1:-debian:trixie-slim}
(($# <= 1)) || fail "expected one image at most, got: $*"
[[ $image =~ ^debian:([a-z]+)-slim$ ]] || fail "'$image': expected debian:SUITE-slim, such as debian:trixie-slim"
suite=${BASH_REMATCH[1]}

# A registry that answers says so at once; how long the layers then take is the network's business.
pull() {
    local log=$1 client waited=0
    docker pull "$image" >"$log" 2>&1 &
    client=$!
    while kill -0 "$client" 2>/dev/null; do
        if grep -q 'Pulling from' "$log"; then break; fi
        if ((++waited > 100)); then
            kill "$client" 2>/dev/null || true
            break
        fi
        sleep 0.1
    done
    wait "$client"
}

# What Debian's own slim images leave out; packages that are installed later leave it out, too.
trim() {
    local root=$1
    cat >"$root/etc/dpkg/dpkg.cfg.d/podpool-slim" <<'CFG'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
CFG
    cat >"$root/etc/apt/apt.conf.d/podpool-slim" <<'CONF'
Acquire::Languages "none";
Acquire::GzipIndexes "true";
APT::AutoRemove::SuggestsImportant "false";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
CONF
    # Nothing starts a service while packages are installed.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    find "$root/usr/share/doc" -mindepth 2 -not -name copyright -not -type d -delete
    find "$root/usr/share/doc" -depth -type d -empty -delete
    rm -rf "$root"/usr/share/{info,locale,man}/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* \
        "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/var/log/* "$root/tmp"/* \
        "$root/etc/machine-id"
    mkdir -p "$root/var/lib/apt/lists/partial" "$root/var/cache/apt/archives/partial" "$root/var/log/apt"
    : >"$root/etc/machine-id"
    # Of this machine: its name, its resolver, the mirror that it uses.
    rm -f "$root/etc/hostname" "$root/etc/resolv.conf" "$root/etc/apt/sources.list"
    write_sources >"$root/etc/apt/sources.list.d/debian.sources"
}

write_sources() {
    local key=/usr/share/keyrings/debian-archive-keyring.gpg
    if [[ $suite == sid ]]; then
        printf 'Types: deb\nURIs: http://deb.debian.org/debian\nSuites: sid\nComponents: main\nSigned-By: %s\n' "$key"
        return 0
    fi
    printf 'Types: deb\nURIs: http://deb.debian.org/debian\nSuites: %s %s-updates\nComponents: main\nSigned-By: %s\n\n' \
        "$suite" "$suite" "$key"
    printf 'Types: deb\nURIs: http://deb.debian.org/debian-security\nSuites: %s-security\nComponents: main\nSigned-By: %s\n' \
        "$suite" "$key"
}

install_debootstrap() {
    local install=(apt-get -qq install --yes --no-install-recommends debootstrap)
    if PATH="$PATH:/usr/sbin" command -v debootstrap >/dev/null; then return 0; fi
    command -v apt-get >/dev/null || fail 'no debootstrap here; install it'
    say 'installing debootstrap'
    "${root_command[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >"$scratch/log" 2>&1 || {
        tail -n 15 "$scratch/log" >&2
        fail 'installing debootstrap failed (above)'
    }
}

make() {
    local key=/usr/share/keyrings/debian-archive-keyring.gpg
    install_debootstrap
    [[ -r $key ]] || fail "no $key, which Debian's packages are checked with (package debian-archive-keyring)"
    say "no registry has $image; making it from Debian's packages (a minute)"
    "${root_command[@]}" env PATH="$PATH:/usr/sbin:/sbin" debootstrap --variant=minbase --keyring="$key" \
        "$suite" "$scratch/root" "$(mirror)" >"$scratch/log" 2>&1 || {
        tail -n 15 "$scratch/log" >&2
        fail 'debootstrap failed (above)'
    }
    "${root_command[@]}" bash -c "set -euo pipefail; $(declare -p suite); $(declare -f trim write_sources); trim \"\$1\"" \
        trim "$scratch/root"
    # The label tells it from one that was pulled.
    "${root_command[@]}" tar --numeric-owner --sort=name -C "$scratch/root" -c . |
        docker import --change 'CMD ["bash"]' --change 'LABEL podpool.base=made-here' - "$image" >/dev/null
    say "made $image"
}

docker version --format '{{.Server.Version}}' >/dev/null 2>&1 || fail 'no Docker Engine answers'
if docker image inspect "$image" >/dev/null 2>&1; then
    say "$image is there"
    exit 0
fi
root_command=()
if ((EUID != 0)); then root_command=(sudo); fi
scratch=$(mktemp -d)
trap '"${root_command[@]}" rm -rf --one-file-system "$scratch"' EXIT
if pull "$scratch/pull"; then
    say "pulled $image"
else
    make
fi
