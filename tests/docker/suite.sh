#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Runs a program inside a container, on a network of its own with servers of the images of docker/ that it starts
# there, so that Docker's DNS is its discovery. Everything is gone afterwards, also after a failure.
#   suite.sh test postgres|mysql|mariadb [ARGUMENT...]    the scenarios that the loopback tests share, and more
#   suite.sh demo postgres|mysql|mariadb [ARGUMENT...]    the demo
# The images podpool-build, podpool-DATABASE and podpool-suite-DATABASE must be there: docker/build_images.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
    printf 'suite: %s\n' "$*" >&2
    exit 1
}

what=${1:-}
database=${2:-}
[[ $what =~ ^(test|demo)$ && $database =~ ^(postgres|mysql|mariadb)$ ]] || {
    printf "suite: expected test or demo, and postgres, mysql or mariadb; got '%s'\n" "$*" >&2
    exit 2
}
shift 2
driver=$database
if [[ $database == mariadb ]]; then driver=mysql; fi
name=podpool-$what-$database-$$
label=podpool.test=$name
# The service's user in the servers' images, and the names that the programs use.
secrets=(--env SERVICE_NAME='*.prod.svc.cluster.local' --env URI_SCHEME=unused)
if [[ $driver == mysql ]]; then secrets+=(--env CA_KEY=keep); fi

left_over() {
    docker ps --all --quiet --filter "label=$label"
    docker network ls --quiet --filter "label=$label"
    docker volume ls --quiet --filter "label=$label"
    docker images --all --quiet --filter "label=$label"
}

tear_down() {
    local status=$? rest
    trap - EXIT
    trap '' INT TERM
    left_over >/dev/null 2>&1 || exit "$status"
    docker ps --all --quiet --filter "label=$label" | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
    docker network ls --quiet --filter "label=$label" | xargs --no-run-if-empty docker network rm >/dev/null
    docker volume ls --quiet --filter "label=$label" | xargs --no-run-if-empty docker volume rm >/dev/null
    docker images --all --quiet --filter "label=$label" | sort -u |
        xargs --no-run-if-empty docker rmi --force >/dev/null
    rest=$(left_over)
    if [[ -n $rest ]]; then
        printf 'suite: left over: %s\n' "$rest" >&2
        if ((status == 0)); then status=1; fi
    fi
    exit "$status"
}
trap tear_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A network whose addresses can be given out by hand; Docker refuses one that overlaps with another.
make_network() {
    local try
    for try in {1..20}; do
        if docker network create --label "$label" --subnet "10.213.$((RANDOM % 256)).0/24" "$name" >/dev/null 2>&1; then
            return 0
        fi
    done
    docker network create --label "$label" --subnet 10.213.0.0/24 "$name"
    fail "no network in 10.213.0.0/16 could be made in $try tries (above)"
}

# make_secrets PREFIX: an authority, and what servers and clients need of it, in two volumes.
make_secrets() {
    docker volume create --label "$label" "$1-server" >/dev/null
    docker volume create --label "$label" "$1-client" >/dev/null
    docker run --rm --label "$label" --network none --user root --entrypoint /usr/local/lib/podpool/make_secrets.sh \
        "${secrets[@]}" --volume "$1-server:/run/podpool/server" --volume "$1-client:/run/podpool/client" \
        "podpool-$database" >/dev/null
}

make_network
make_secrets "$name"
make_secrets "$name-other"

options=(--rm --label "$label" --network "$name" --cap-add NET_ADMIN --env "PODPOOL_TEST_NETWORK=$name" --env LANG=C.UTF-8
    --env "NO_COLOR=${NO_COLOR:-}" --volume /var/run/docker.sock:/var/run/docker.sock
    --volume "$name-client:/run/podpool/client:ro")
if [[ $database == mysql ]]; then options+=(--env PODPOOL_TEST_MYSQLD=mysqld); fi
if [[ -t 0 && -t 1 ]]; then options+=(--interactive --tty); fi
case $what in
    test)
        program=(./"podpool_container_${driver}_test" '~[loopback]' "$@")
        # Docker names running containers only, so these two can't be had there.
        printf 'not run in containers: %s\n' 'scenarios (b) and #22, which need a DNS that names what is not there'
        ;;
    demo)
        program=(./"podpool_demo_containers_$driver" --output /picture/podpool-demo.svg "$@")
        docker volume create --label "$label" "$name-picture" >/dev/null
        options+=(--volume "$name-picture:/picture")
        ;;
esac
status=0
docker run "${options[@]}" "podpool-suite-$driver" "${program[@]}" || status=$?
if [[ $what == demo && $status == 0 ]]; then
    # The picture, out of its volume.
    keeper=$(docker create --label "$label" --volume "$name-picture:/picture" "podpool-suite-$driver")
    docker cp --quiet "$keeper:/picture/podpool-demo.svg" podpool-demo.svg
fi
exit "$status"
