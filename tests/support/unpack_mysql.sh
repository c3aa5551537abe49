#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Unpacks the MySQL server of Debian unstable with all its libraries into a directory: Debian 12 and 13 have
# MariaDB only. Nothing is installed, and apt's own state isn't touched.
#   unpack_mysql.sh DIRECTORY     afterwards DIRECTORY/mysqld runs it; quick if it does already
set -euo pipefail
# shellcheck source=docker/debian_mirror.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../docker/debian_mirror.sh"

fail() {
    printf 'unpack_mysql: %s\n' "$*" >&2
    exit 1
}

(($# == 1)) || fail 'expected one argument: the directory to unpack into'
mkdir -p "$(dirname "$1")"
target=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")

runs() { "$1/mysqld" --no-defaults --version >/dev/null 2>&1; }

# A private apt that believes nothing is installed, so that it fetches every library too.
write_apt_configuration() {
    local apt=$1
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    : >"$apt/status"
    echo "deb [signed-by=$keyring] $(mirror) sid main" >"$apt/sources.list"
    cat >"$apt/conf" <<CONF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
Dir::Cache::archives "$apt/cache/archives";
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
CONF
}

# Runs apt-get with that configuration; its words are shown only if it fails.
private_apt() {
    APT_CONFIG=$new/apt/conf apt-get -q "$@" >"$new/log" 2>&1 || {
        tail -n 15 "$new/log" >&2
        fail "apt-get $1 failed (above); needed: the packages of Debian's suite sid from $(mirror)"
    }
}

# sid's own loader and libraries: those of this machine are older than what the server was built with.
write_program() {
    cat >"$1/mysqld" <<'PROGRAM'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
loader=$(echo "$root"/usr/lib/*/ld-linux*.so.*)
exec "$loader" --library-path "${loader%/*}" "$root/usr/sbin/mysqld" "$@" --basedir="$root/usr" \
    --lc-messages-dir="$root/usr/share/mysql" --character-sets-dir="$root/usr/share/mysql/charsets" \
    --plugin-dir="$root/usr/lib/mysql/plugin" --secure-file-priv=
PROGRAM
    chmod 755 "$1/mysqld"
}

if runs "$target"; then exit 0; fi

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
for tool in apt-get dpkg; do
    command -v "$tool" >/dev/null || fail "no $tool here; this knows Debian and its relatives only"
done
[[ -r $keyring ]] || fail "no $keyring, which sid's packages are checked with (package debian-archive-keyring)"

new=$target.new
rm -rf "$new"
mkdir -p "$new/root"
write_apt_configuration "$new/apt"
private_apt update --error-on=any
private_apt install --yes --download-only --no-install-recommends mysql-server-core
for package in "$new"/apt/cache/archives/*.deb; do dpkg -x "$package" "$new/root"; done
write_program "$new"
runs "$new" || fail "what was unpacked doesn't run: $("$new/mysqld" --no-defaults --version 2>&1 | tail -n 3)"
rm -rf "$new/apt" "$new/log" "$target"
mv "$new" "$target"
