#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# PostgreSQL's own regression tests through the reader of statements: each plain statement is a lease of its own, and
# must leave nothing in its session. They are in Debian's source package of the PostgreSQL that is installed here,
# which is fetched once; apt's own state isn't touched.
#   regression_sql.sh PROGRAM     PROGRAM is podpool_regression_sql
# PODPOOL_TEST_PG_SOURCE: a directory with PostgreSQL's source, instead of Debian's package.
set -euo pipefail
# shellcheck source=docker/debian_mirror.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../docker/debian_mirror.sh"

fail() {
    printf 'regression_sql: %s\n' "$*" >&2
    exit 1
}

(($# == 1)) || fail 'expected one argument: the program'
program=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
shopt -s nullglob

# The newest server that is installed, as the tests choose it.
installed_version() {
    local directory newest=''
    for directory in /usr/lib/postgresql/*/bin; do
        directory=${directory%/bin}
        if [[ -z $newest || ${directory##*/} -gt $newest ]]; then newest=${directory##*/}; fi
    done
    echo "$newest"
}

# private_apt DIRECTORY ARGUMENTS: apt-get with lists of its own, of source packages only.
private_apt() {
    local directory=$1
    shift
    APT_CONFIG=$directory/conf apt-get -q "$@" >"$directory/log" 2>&1 || {
        tail -n 15 "$directory/log" >&2
        fail "apt-get $1 failed (above); PODPOOL_TEST_PG_SOURCE may name a directory with the source instead"
    }
}

# fetch_source VERSION DIRECTORY: puts src/test/regress of the source package there.
fetch_source() {
    local version=$1 target=$2 new=$2.new archive codename
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    [[ -n $codename ]] || fail 'this is no release of Debian'
    printf 'regression_sql: fetching the source of postgresql-%s (%s)\n' "$version" "$codename" >&2
    rm -rf "$new"
    mkdir -p "$new/lists/partial" "$new/cache/archives/partial" "$new/tree"
    : >"$new/status"
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $codename main" \
        >"$new/sources.list"
    cat >"$new/conf" <<CONF
Dir::Etc::sourcelist "$new/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$new";
Dir::State::status "$new/status";
Dir::State::lists "$new/lists";
Dir::Cache "$new/cache";
APT::Sandbox::User "";
Acquire::Languages "none";
CONF
    private_apt "$new" update --error-on=any
    (cd "$new" && private_apt "$new" source --download-only "postgresql-$version")
    for archive in "$new"/*.orig.tar.*; do
        if [[ $archive == *.asc ]]; then continue; fi
        tar -xf "$archive" -C "$new/tree" --strip-components=1 --wildcards '*/src/test/regress/*'
    done
    [[ -d $new/tree/src/test/regress/sql ]] || fail 'the source package has no src/test/regress/sql'
    # The server's user reads the data.
    chmod -R a+rX "$new/tree"
    rm -rf "$target"
    mv "$new/tree" "$target"
    rm -rf "$new"
}

source=${PODPOOL_TEST_PG_SOURCE:-}
if [[ -z $source ]]; then
    version=$(installed_version)
    [[ -n $version ]] || fail 'no PostgreSQL server in /usr/lib/postgresql'
    source=$PWD/build/deps/postgresql-$version
    if [[ ! -d $source ]]; then fetch_source "$version" "$source"; fi
fi
exec "$program" "$source/src/test/regress"
