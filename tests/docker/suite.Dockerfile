# SPDX-License-Identifier: BSL-1.0
# The programs that ./dev test --docker and ./dev demo --docker run inside a container, compiled on what
# docker/app.Dockerfile compiles first. tests/docker/suite.sh builds it.
FROM podpool-build
ARG APT_OPTIONS=
RUN apt-get -q $APT_OPTIONS update && DEBIAN_FRONTEND=noninteractive apt-get -q $APT_OPTIONS install --yes --no-install-recommends \
        catch2 docker-cli libmariadb-dev nftables
COPY tests /source/tests
# postgres or mysql
ARG DATABASE
ARG JOBS=2
RUN cmake --preset release -DPODPOOL_MYSQL=ON -DPODPOOL_BUILD_TESTS=ON \
    && nice cmake --build --preset release --parallel "$JOBS" \
        --target "podpool_container_${DATABASE}_test" "podpool_demo_containers_${DATABASE}" \
    && mkdir /suite \
    && mv "build/release/tests/podpool_container_${DATABASE}_test" \
        "build/release/examples/podpool_demo_containers_${DATABASE}" /suite/
WORKDIR /suite
