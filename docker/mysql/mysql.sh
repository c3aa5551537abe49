# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
# What is particular to MySQL; entrypoint.sh sources it.
# shellcheck disable=SC2034,SC2154 # variables that entrypoint.sh uses, and that it defines

server=mysqld
client=mysql
superuser=mysql
read_only=super_read_only
server_settings=(--gtid-mode=ON --enforce-gtid-consistency=ON --mysqlx=OFF --innodb-use-native-aio=OFF
    --loose-innodb-numa-interleave=OFF --secure-file-priv=NULL
    --plugin-load-add=auth_socket.so --plugin-load-add=mysql_clone.so --clone-ssl-ca="${PODPOOL_TLS:-/run/podpool/server}/ca.crt")
first_settings=(--skip-replica-start)

initialize() {
    run mysqld --no-defaults --initialize-insecure --datadir="$1" --innodb-use-native-aio=OFF --innodb-fast-shutdown=1 \
        --loose-innodb-numa-interleave=OFF --secure-file-priv=NULL --pid-file="$PODPOOL_DATA/server.pid"
}

# Nothing of it is in the binary log: a replica gets it with its clone.
make_primary() {
    local app replication
    say 'making the data of a primary'
    app=$(quoted "$(secret APP_PASSWORD)")
    replication=$(quoted "$(secret REPLICATION_PASSWORD)")
    initialize "$growing"
    superuser=root start_first_server "$growing" --disable-log-bin
    superuser=root sql <<SQL
create user mysql@localhost identified with auth_socket;
grant all on *.* to mysql@localhost with grant option;
create user app@'%' identified with caching_sha2_password by $app require ssl;
grant all on shop.* to app@'%';
create user replication@'%' identified with caching_sha2_password by $replication require ssl;
grant replication slave, backup_admin on *.* to replication@'%';
alter user root@localhost account lock;
SQL
    create_shop
    stop_first_server
}

# An empty server fetches the primary's data into a directory beside its own.
make_replica() {
    local empty=$PODPOOL_DATA/empty replication
    replication=$(quoted "$(secret REPLICATION_PASSWORD)")
    rm -rf "$empty"
    initialize "$empty"
    superuser=root start_first_server "$empty" --disable-log-bin
    superuser=root sql <<<"set global clone_valid_donor_list = '$PODPOOL_PRIMARY:3306'"
    say "cloning the primary '$PODPOOL_PRIMARY'"
    until superuser=root run sql <<<"clone instance from replication@'$PODPOOL_PRIMARY':3306
        identified by $replication data directory = '$growing' require ssl"; do
        rm -rf "$growing"
        say "the primary '$PODPOOL_PRIMARY' can't be cloned yet (above); once more"
        pause 1
    done
    stop_first_server
    rm -rf "$empty"
    start_first_server "$growing"
    sql <<SQL
change replication source to source_host = '$PODPOOL_PRIMARY', source_port = 3306, source_user = 'replication',
    source_password = $replication, source_auto_position = 1, source_connect_retry = 1, source_retry_count = 1000000,
    source_ssl = 1, source_ssl_ca = '$tls/ca.crt';
SQL
    stop_first_server
}
