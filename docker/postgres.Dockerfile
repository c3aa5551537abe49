# SPDX-License-Identifier: BSL-1.0
# A PostgreSQL server that is a primary or a replica, see docker/postgres/entrypoint.sh. Build it from docker/:
#   docker build --file postgres.Dockerfile --tag podpool-postgres .
# BASE_IMAGE may also be one that has the server, such as postgres:17; then nothing is installed.
ARG BASE_IMAGE=debian:trixie-slim
FROM ${BASE_IMAGE}
# Given to apt-get, such as --option=Acquire::Check-Valid-Until=false for a mirror that keeps an old day's packages.
ARG APT_OPTIONS=
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]

# User and group get the numbers that the official image gives them, before a package picks others. Debian's
# package would make a cluster while it is installed. LLVM, half of what it would bring, serves queries of many
# seconds only; without it PostgreSQL does not compile queries, and says nothing.
RUN if compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then exit 0; fi; \
    groupadd --system --gid 999 postgres; \
    useradd --system --uid 999 --gid postgres --home-dir /var/lib/postgresql --shell /bin/bash postgres; \
    mkdir -p /etc/postgresql-common/createcluster.d; \
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/none.conf; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get -q $APT_OPTIONS update; \
    apt-get -q $APT_OPTIONS install --yes --no-install-recommends openssl postgresql-17; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/log/*.log /var/log/apt/* \
        /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem \
        /usr/lib/*/libLLVM* /usr/lib/*/libz3* /usr/lib/postgresql/*/lib/{llvmjit*,bitcode}

COPY common.sh make_secrets.sh postgres/ /usr/local/lib/podpool/
RUN install -d -m 700 -o postgres -g postgres /var/lib/podpool/postgres; \
    install -d -m 755 -o postgres -g postgres /run/podpool /run/podpool/socket

# No VOLUME: a replica's data end with its container, and the primary's volume is the stack's to name.
ENV PODPOOL_DATA=/var/lib/podpool/postgres
USER postgres
WORKDIR /
EXPOSE 5432
ENTRYPOINT ["/usr/local/lib/podpool/entrypoint.sh"]
# SIGINT is PostgreSQL's fast shutdown: sessions are cut off, nothing is lost.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=2s --timeout=5s --start-period=60s --retries=5 CMD ["/usr/local/lib/podpool/healthy.sh"]
