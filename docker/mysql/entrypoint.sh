#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Starts MySQL or MariaDB, whichever the image has, as a primary or as a replica that clones itself from the primary.
#   PODPOOL_ROLE           primary or replica
#   PODPOOL_PRIMARY        replica: the primary's name on the network
#   APP_PASSWORD_FILE, REPLICATION_PASSWORD_FILE (or the same without _FILE)
#   PODPOOL_TLS            directory of ca.crt and ca.key, or of ca.crt, server.crt and server.key
#   SERVICE_NAME           with ca.key: the name that clients connect to
#   PODPOOL_DATA           directory of the data
# Arguments are passed to the server. New data grow in a directory beside their place and are moved there when they
# are whole, so a start that was interrupted is begun anew.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=docker/common.sh
source "$here/common.sh"
# shellcheck source=docker/mysql/certify.sh
source "$here/certify.sh"
if command -v mariadbd >/dev/null; then
    # shellcheck source=docker/mysql/mariadb.sh
    source "$here/mariadb.sh"
else
    # shellcheck source=docker/mysql/mysql.sh
    source "$here/mysql.sh"
fi

role=${PODPOOL_ROLE:-}
data=${PODPOOL_DATA:?}/data
growing=$PODPOOL_DATA/growing
tls=${PODPOOL_TLS:-/run/podpool/server}

# The server of the first minute listens on no network, and not where the health check looks.
first_socket=''
first_server=''
start_first_server() {
    first_socket=$(mktemp -d)/socket
    "$server" --no-defaults "${settings[@]}" "${first_settings[@]}" --skip-networking --socket="$first_socket" \
        --datadir="$1" "${@:2}" &
    first_server=$!
    until [[ -S $first_socket ]] && sql '' </dev/null 2>/dev/null; do
        kill -0 "$first_server" 2>/dev/null || fail 'the server ended while it started (above)'
        pause 0.2
    done
}
stop_first_server() {
    local status=0
    kill -TERM "$first_server"
    wait "$first_server" || status=$?
    rm -rf "${first_socket%/*}"
    ((status == 0)) || fail "the server ended with status $status (above)"
}

# sql DATABASE <STATEMENTS: as the superuser, who is this container's user.
sql() { "$client" --no-defaults --batch --skip-column-names --socket="$first_socket" --user="$superuser" "$@"; }

# quoted TEXT: a string in SQL.
quoted() {
    local text=${1//\\/\\\\}
    printf "'%s'" "${text//\'/\'\'}"
}

create_shop() {
    sql <<SQL
create database shop character set utf8mb4;
use shop;
create table item (id int primary key auto_increment, name varchar(100) not null, price decimal(10, 2) not null);
insert into item (name, price)
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 1000)
    select concat('item ', n), n * 1.5 from numbers;
SQL
}

case $role in
    primary) ;;
    replica) [[ -n ${PODPOOL_PRIMARY:-} ]] || fail "PODPOOL_PRIMARY is missing: the primary's name" ;;
    *) fail "PODPOOL_ROLE is '$role'; expected primary or replica" ;;
esac
[[ -r $tls/ca.crt ]] || fail "no file $tls/ca.crt that $(id -un) can read"
certificates=$tls
if [[ -r $tls/ca.key ]]; then
    certificates=/run/podpool/own
    certify "$tls" "$certificates"
fi
for file in server.crt server.key; do
    [[ -r $certificates/$file ]] || fail "no file $certificates/$file that $(id -un) can read"
done

# The container's name, a random number, is what tells the servers of one stack apart.
server_id=$((16#$(uname -n | md5sum | head -c 7) + 1))
settings=(--server-id="$server_id" --log-bin=binlog --relay-log=relay --skip-name-resolve --character-set-server=utf8mb4
    --innodb-buffer-pool-size=64M --pid-file="$PODPOOL_DATA/server.pid"
    "${server_settings[@]}")

rm -rf "$growing" "$PODPOOL_DATA/server.pid"
if [[ ! -e $data ]]; then
    "make_$role"
    printf '[server]\n' >"$growing/server.cnf"
    if [[ $role == replica ]]; then printf '%s = ON\n' "$read_only" >>"$growing/server.cnf"; fi
    mv "$growing" "$data"
fi
# Not --no-defaults, with which MySQL would forget what `set persist` has set.
exec "$server" --defaults-file="$data/server.cnf" "${settings[@]}" --datadir="$data" --socket=/run/podpool/socket/server.sock \
    --bind-address='*' --require-secure-transport=ON --tls-version=TLSv1.2,TLSv1.3 \
    --ssl-ca="$tls/ca.crt" --ssl-cert="$certificates/server.crt" --ssl-key="$certificates/server.key" "$@"
