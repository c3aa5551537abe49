# SPDX-License-Identifier: BSL-1.0
# The command `podpool` and the example server, compiled in one image and run in another that has no compiler: a
# template for a program of yours, too. Build it from the top of the source tree:
#   docker build --file docker/app.Dockerfile --tag podpool-app .
ARG BASE_IMAGE=debian:trixie-slim

FROM ${BASE_IMAGE} AS build
# Given to apt-get, such as --option=Acquire::Check-Valid-Until=false for a mirror that keeps an old day's packages.
ARG APT_OPTIONS=
RUN apt-get -q $APT_OPTIONS update && DEBIAN_FRONTEND=noninteractive apt-get -q $APT_OPTIONS install --yes --no-install-recommends \
        cmake g++ libboost-dev libboost-json-dev libc-ares-dev libcli11-dev libmysqlcppconn-dev libpq-dev libssl-dev \
        ninja-build pkgconf
COPY CMakeLists.txt CMakePresets.json LICENSE /source/
COPY include /source/include
COPY src /source/src
COPY drivers /source/drivers
COPY examples /source/examples
WORKDIR /source
# JOBS: compilers at a time; each takes up to 2 GB.
ARG JOBS=2
# Boost.JSON is linked statically, so that the image needs no package whose name has Boost's version.
RUN cmake --preset release -DPODPOOL_KUBERNETES=ON -DPODPOOL_MYSQL=ON -DBoost_USE_STATIC_LIBS=ON \
        -DCMAKE_UNITY_BUILD=ON \
    && nice cmake --build --preset release --parallel "$JOBS" --target podpool_cli podpool_example_05_server \
    && install -D --strip --target-directory=/out build/release/bin/podpool \
    && install -D --strip build/release/examples/podpool_example_05_server /out/podpool-example-server

FROM ${BASE_IMAGE}
ARG APT_OPTIONS=
RUN apt-get -q $APT_OPTIONS update && DEBIAN_FRONTEND=noninteractive apt-get -q $APT_OPTIONS install --yes --no-install-recommends \
        libcares2 libmysqlcppconn7t64 libpq5 libssl3t64 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/log/*.log /var/log/apt/* \
    && groupadd --gid 10001 app && useradd --uid 10001 --gid app --no-create-home --home-dir / app
COPY docker/app/entrypoint.sh /usr/local/bin/podpool-entrypoint
COPY --from=build /out/ /usr/local/bin/
USER app
WORKDIR /
EXPOSE 8080
ENTRYPOINT ["podpool-entrypoint"]
CMD ["podpool-example-server"]
