#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Starts PostgreSQL as a primary or as a replica that clones itself from the primary.
#   PODPOOL_ROLE           primary or replica
#   PODPOOL_PRIMARY        replica: the primary's name on the network
#   APP_PASSWORD_FILE, REPLICATION_PASSWORD_FILE (or the same without _FILE)
#   PODPOOL_TLS            directory of server.crt, server.key and ca.crt
#   PODPOOL_DATA           directory of the data
# Arguments are passed to postgres. New data grow in a directory beside their place and are moved there when they
# are whole, so a start that was interrupted is begun anew.
set -euo pipefail
# shellcheck source=docker/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

role=${PODPOOL_ROLE:-}
data=${PODPOOL_DATA:?}/data
growing=$PODPOOL_DATA/growing
tls=${PODPOOL_TLS:-/run/podpool/server}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for bin in /usr/lib/postgresql/*/bin; do PATH=$bin:$PATH; done

# The server of the first minute listens on no network, and not where the health check looks.
make_primary() {
    local socket
    socket=$(mktemp -d)
    say 'making the data of a primary'
    run initdb --pgdata="$growing" --username=postgres --auth=peer --encoding=UTF8 --locale=C.UTF-8 \
        --data-checksums --no-instructions
    run pg_ctl --pgdata="$growing" --wait --silent --log="$socket/log" \
        --options="-c listen_addresses='' -c unix_socket_directories=$socket" start
    APP_PASSWORD=$(secret APP_PASSWORD) REPLICATION_PASSWORD=$(secret REPLICATION_PASSWORD) \
        run psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --host="$socket" --dbname=postgres --file="$here/primary.sql" ||
        fail 'the first statements failed (above)'
    run pg_ctl --pgdata="$growing" --wait --silent --mode=fast stop
    rm -rf "$socket"
}

# The primary's name isn't in the certificate, which carries the clients' name only: so verify-ca.
primary_string() {
    printf 'host=%s user=replication sslmode=verify-ca sslrootcert=%s passfile=%s application_name=%s' \
        "$PODPOOL_PRIMARY" "$tls/ca.crt" "$PODPOOL_DATA/pgpass" "$(uname -n)"
}

make_replica() {
    local string
    string=$(primary_string)
    say "cloning the primary '$PODPOOL_PRIMARY'"
    until run pg_basebackup --pgdata="$growing" --dbname="$string" --no-password --checkpoint=fast \
        --wal-method=stream; do
        rm -rf "$growing"
        say "the primary '$PODPOOL_PRIMARY' can't be cloned yet (above); once more"
        pause 1
    done
    touch "$growing/standby.signal"
}

case $role in
    primary) ;;
    replica)
        [[ -n ${PODPOOL_PRIMARY:-} ]] || fail "PODPOOL_PRIMARY is missing: the primary's name"
        (
            umask 077
            printf '*:*:*:replication:%s\n' "$(secret REPLICATION_PASSWORD)" >"$PODPOOL_DATA/pgpass"
        )
        ;;
    *) fail "PODPOOL_ROLE is '$role'; expected primary or replica" ;;
esac
for file in server.crt server.key ca.crt; do
    [[ -r $tls/$file ]] || fail "no file $tls/$file that $(id -un) can read"
done

rm -rf "$growing"
if [[ ! -e $data ]]; then
    "make_$role"
    mv "$growing" "$data"
fi

settings=(
    listen_addresses='*'
    unix_socket_directories=/run/podpool/socket
    hba_file="$here/pg_hba.conf"
    password_encryption=scram-sha-256
    ssl=on ssl_cert_file="$tls/server.crt" ssl_key_file="$tls/server.key" ssl_min_protocol_version=TLSv1.2
    # A replica that has been away for long finds what it missed, or clones itself anew when it is made anew.
    wal_keep_size=256MB
    hot_standby_feedback=on
    # Postgres as process 1 can't be restarted by a parent, and its log is the container's.
    logging_collector=off log_line_prefix='%m [%p] %q%u@%d '
)
if [[ $role == replica ]]; then settings+=(primary_conninfo="$(primary_string)"); fi
arguments=()
for setting in "${settings[@]}"; do arguments+=(-c "$setting"); done
exec postgres -D "$data" "${arguments[@]}" "$@"
