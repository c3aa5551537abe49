# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
# What is particular to MariaDB; entrypoint.sh sources it.
# shellcheck disable=SC2034,SC2154 # variables that entrypoint.sh uses, and that it defines

server=mariadbd
client=mariadb
superuser=mysql
read_only=read_only
server_settings=(--gtid-strict-mode=ON --log-slave-updates=ON --innodb-use-native-aio=OFF)
first_settings=(--skip-slave-start --skip-log-bin)

initialize() {
    run mariadb-install-db --no-defaults --datadir="$1" --auth-root-authentication-method=socket \
        --auth-root-socket-user=mysql --skip-test-db --skip-name-resolve >/dev/null
}

# Nothing of it is in the binary log: a replica gets it with its clone.
make_primary() {
    local app replication
    say 'making the data of a primary'
    app=$(quoted "$(secret APP_PASSWORD)")
    replication=$(quoted "$(secret REPLICATION_PASSWORD)")
    initialize "$growing"
    start_first_server "$growing"
    sql <<SQL
create user app@'%' identified by $app require ssl;
grant all on shop.* to app@'%';
create user replication@'%' identified by $replication require ssl;
grant select, show view, event, trigger, lock tables, reload, binlog monitor, replication slave on *.* to replication@'%';
SQL
    create_shop
    stop_first_server
}

# The primary's contents as statements. Its certificate carries the clients' name, not the primary's, so the
# connection is encrypted but the name isn't verified.
dump() {
    MYSQL_PWD=$(secret REPLICATION_PASSWORD) mariadb-dump --no-defaults --host="$PODPOOL_PRIMARY" --user=replication \
        --ssl --disable-ssl-verify-server-cert --all-databases --single-transaction --gtid --master-data=1 \
        --routines --events --flush-privileges
}
clone() { dump | sql; }

make_replica() {
    initialize "$growing"
    start_first_server "$growing"
    say "cloning the primary '$PODPOOL_PRIMARY'"
    until run clone; do
        say "the primary '$PODPOOL_PRIMARY' can't be cloned yet (above); once more"
        pause 1
    done
    sql <<SQL
change master to master_host = '$PODPOOL_PRIMARY', master_port = 3306, master_user = 'replication',
    master_password = $(quoted "$(secret REPLICATION_PASSWORD)"), master_use_gtid = slave_pos, master_connect_retry = 1,
    master_ssl = 1, master_ssl_ca = '$tls/ca.crt', master_ssl_verify_server_cert = 0;
SQL
    stop_first_server
}
