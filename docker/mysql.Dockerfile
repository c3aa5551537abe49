# SPDX-License-Identifier: BSL-1.0
# A MySQL or MariaDB server that is a primary or a replica, see docker/mysql/entrypoint.sh. Build it from docker/:
#   docker build --file mysql.Dockerfile --tag podpool-mysql .
#   docker build --file mysql.Dockerfile --tag podpool-mariadb --build-arg SERVER=mariadb .
# BASE_IMAGE may also be one that has the server, such as mysql:9 or mariadb:11; then nothing is installed.
ARG BASE_IMAGE=debian:trixie-slim
FROM ${BASE_IMAGE}
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
USER root

# Debian's stable releases have MariaDB; MySQL is in its unstable suite sid, from where only the server and the
# libraries that it needs newer than the base are taken.
ARG SERVER=mysql
# Given to apt-get, such as --option=Acquire::Check-Valid-Until=false for a mirror that keeps an old day's packages.
ARG APT_OPTIONS=
RUN if command -v mysqld mariadbd >/dev/null; then exit 0; fi; \
    groupadd --system --gid 999 mysql; \
    useradd --system --uid 999 --gid mysql --home-dir /var/lib/mysql --shell /bin/bash mysql; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get() { command apt-get -q $APT_OPTIONS "$@"; }; \
    install=(apt-get install --yes --no-install-recommends); \
    case $SERVER in \
        mariadb) \
            apt-get update; \
            "${install[@]}" mariadb-client mariadb-server-core openssl ;; \
        mysql) \
            sources=/etc/apt/sources.list.d/sid.sources; \
            preferences=/etc/apt/preferences.d/sid; \
            printf '%s\n' 'Types: deb' 'URIs: http://deb.debian.org/debian' 'Suites: sid' 'Components: main' \
                'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' >"$sources"; \
            printf '%s\n' 'Package: *' 'Pin: release n=sid' 'Pin-Priority: 100' >"$preferences"; \
            apt-get update; \
            "${install[@]}" openssl; \
            "${install[@]}" --target-release sid mysql-client-core mysql-server-core; \
            rm "$sources" "$preferences" ;; \
        *) echo "SERVER is '$SERVER'; expected mysql or mariadb" >&2; exit 1 ;; \
    esac; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/log/*.log /var/log/apt/*

COPY common.sh make_secrets.sh mysql/ /usr/local/lib/podpool/
RUN install -d -m 700 -o mysql -g mysql /var/lib/podpool/mysql; \
    install -d -m 755 -o mysql -g mysql /run/podpool /run/podpool/socket

# No VOLUME: a replica's data end with its container, and the primary's volume is the stack's to name.
ENV PODPOOL_DATA=/var/lib/podpool/mysql
USER mysql
WORKDIR /
EXPOSE 3306
ENTRYPOINT ["/usr/local/lib/podpool/entrypoint.sh"]
HEALTHCHECK --interval=2s --timeout=5s --start-period=120s --retries=5 CMD ["/usr/local/lib/podpool/healthy.sh"]
