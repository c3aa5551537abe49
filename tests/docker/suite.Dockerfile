# SPDX-License-Identifier: BSL-1.0
# The programs that ./dev test --docker and ./dev demo --docker run inside a container, compiled on what
# docker/app.Dockerfile compiles first. tests/docker/suite.sh builds it.
FROM podpool-build
ARG APT_OPTIONS=
RUN apt-get -q $APT_OPTIONS update && DEBIAN_FRONTEND=noninteractive apt-get -q $APT_OPTIONS install --yes --no-install-recommends \
        catch2 docker-cli libmariadb-dev nftables
COPY tests /source/tests
# postgres, mysql or both
ARG DATABASES
ARG JOBS=2
RUN targets="" \
    && for database in $DATABASES; do \
        targets="$targets podpool_container_${database}_test podpool_demo_containers_${database}"; \
    done \
    && cmake --preset release -DPODPOOL_MYSQL=ON -DPODPOOL_BUILD_TESTS=ON \
    && nice cmake --build --preset release --parallel "$JOBS" --target $targets \
    && install -D --target-directory=/suite build/release/tests/podpool_container_*_test \
        build/release/examples/podpool_demo_containers_*
WORKDIR /suite
