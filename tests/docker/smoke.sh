#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Starts a stack of docker/ under a name of its own, changes it under load, and looks at it from the application's
# container, with Docker's DNS as discovery. Everything is gone afterwards, also after a failure.
#   smoke.sh [postgres|mysql|mariadb]     default postgres
# With PODPOOL_SMOKE_BUILD=no the images must be there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

database=${1:-postgres}
case $database in
    postgres) file=docker/compose.postgres.yml ;;
    mysql | mariadb) file=docker/compose.mysql.yml ;;
    *)
        printf "smoke: unknown database '%s'; expected postgres, mysql or mariadb\n" "$database" >&2
        exit 2
        ;;
esac
if [[ $database == mariadb ]]; then export PODPOOL_MYSQL_IMAGE=podpool-mariadb MYSQL_SERVER=mariadb; fi
project=podpool-smoke-$database-$$
# Lifetimes this short let sessions move within the test's patience.
export POOL_OPTIONS='&pool_max_conns=15&pool_max_conn_lifetime=4s&pool_dns_refresh=1s'
# A load that leaves the machine to the others.
export CLIENTS=12 SECONDS_OF_LOAD=3600 SQL='select pg_sleep(0.01)'
if [[ $database != postgres ]]; then SQL='select sleep(0.01)'; fi
patience=180

say() { printf '[%3d s] %s\n' "$SECONDS" "$*"; }
fail() {
    printf 'smoke: %s\n' "$*" >&2
    exit 1
}

if docker compose version >/dev/null 2>&1; then composer=(docker compose); else composer=(docker-compose); fi
compose() { "${composer[@]}" --file "$file" --project-name "$project" "$@"; }

left_over() {
    local label=label=com.docker.compose.project=$project
    docker ps --all --quiet --filter "$label"
    docker network ls --quiet --filter "$label"
    docker volume ls --quiet --filter "$label"
}

tear_down() {
    local status=$? rest server
    trap - EXIT
    trap '' INT TERM
    if ((status != 0)); then
        for server in $(servers); do
            printf '%s: %s sessions of the application\n' "$(address_of "$server")" "$(sessions_on "$server" || true)" >&2
        done
        compose ps >&2 || true
        compose --profile app --profile load logs --no-color --tail 25 >&2 || true
    fi
    # The load is run by name, which compose knows with its profile only.
    compose --profile app --profile load down --volumes --remove-orphans --timeout 20 >"$scratch/down" 2>&1 ||
        cat "$scratch/down" >&2
    rest=$(left_over)
    rm -rf "$scratch"
    if [[ -n $rest ]]; then
        printf 'smoke: left over: %s\n' "$rest" >&2
        if ((status == 0)); then status=1; fi
    fi
    exit "$status"
}
scratch=$(mktemp -d)
trap tear_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# wait_until WHAT COMMAND [ARGUMENT...]
wait_until() {
    local what=$1 deadline=$((SECONDS + patience))
    shift
    until "$@"; do
        if ((SECONDS >= deadline)); then fail "not within $patience s: $what"; fi
        sleep 0.5
    done
    say "$what"
}

containers() { docker ps --quiet --filter "label=com.docker.compose.project=$project" \
    --filter "label=com.docker.compose.service=$1"; }
servers() { containers primary && containers replica; }

address_of() { docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"; }

# up [ARGUMENT...]: only what the arguments change, changes.
up() {
    compose up --detach --no-build --no-recreate "$@" >"$scratch/up" 2>&1 || {
        cat "$scratch/up" >&2
        fail 'compose up failed (above)'
    }
}

podpool() { docker exec "$(containers app)" podpool-entrypoint podpool "$@"; }

all_healthy() {
    local expected=$1 healthy
    healthy=$(docker ps --quiet --filter "label=com.docker.compose.project=$project" --filter health=healthy | wc -l)
    ((healthy == expected))
}

# How often a text is in what a command prints; JSON on one line included.
count() { grep -o -- "$1" | wc -l; }

resolves_to() { (($(podpool resolve --json | count '"address"') == $1)); }

# Each server lets the application in, with TLS; one is the primary, the others are replicas.
checks() {
    local report
    report=$(podpool check --json) || return 1
    (($(count '"ok":true' <<<"$report") == $1)) && (($(count '"tls":"TLSv1' <<<"$report") == $1)) &&
        (($(count '"role":"primary"' <<<"$report") == 1)) && (($(count '"role":"standby"' <<<"$report") == $1 - 1))
}

# The server's own count of the application's sessions.
sessions_on() {
    if [[ $database == postgres ]]; then
        docker exec "$1" psql -XAtqh /run/podpool/socket -U postgres -d postgres \
            -c "select count(*) from pg_stat_activity where usename = 'app'"
    else
        docker exec "$1" sh -c '$(command -v mariadb || command -v mysql) --no-defaults -BNu mysql \
            -S /run/podpool/socket/server.sock -e "$1"' sh \
            "select count(*) from information_schema.processlist where user = 'app'"
    fi
}

# Of 15 sessions each of five servers has 3, each of three 5 and each of two 7 or 8, give or take one that is being
# moved.
all_share() {
    local server sessions least=$1
    for server in $(servers); do
        sessions=$(sessions_on "$server") || return 1
        ((sessions >= least)) || return 1
    done
}

answers() {
    docker exec "$(containers app)" bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080
        printf "GET %s HTTP/1.0\r\n\r\n" "$1" >&3; cat <&3' bash "$1" 2>/dev/null | grep -q "$2"
}

if [[ ${PODPOOL_SMOKE_BUILD:-yes} != no ]]; then docker/build_images.sh "$database" app; fi

say "$database: starting a primary, two replicas and the application"
up --scale replica=2 primary replica
wait_until 'three servers are healthy' all_healthy 3
up --scale replica=2 primary replica app status
wait_until 'the name has three addresses' resolves_to 3
wait_until 'each lets the application in with TLS' checks 3
wait_until 'the example server answers' answers /item/7 'item 7 costs 10.50'

up --scale replica=2 load
wait_until 'under load each of the three has its share' all_share 3

say 'scaling to four replicas'
up --scale replica=4 primary replica app status load
wait_until 'five servers are healthy' all_healthy 5
wait_until 'each lets the application in with TLS' checks 5
wait_until 'each of the five has its share' all_share 2

victim=$(containers replica | head -n 1)
say "killing the replica at $(address_of "$victim")"
docker kill "$victim" >/dev/null
wait_until 'four servers let the application in' checks 4
wait_until 'each of the four has its share' all_share 2
docker start "$victim" >/dev/null
wait_until 'five servers are healthy' all_healthy 5
wait_until 'each of the five has its share' all_share 2

say 'scaling back to one replica'
up --scale replica=1 primary replica app status load
wait_until 'each of the two lets the application in' checks 2
wait_until 'each of the two has its share' all_share 6

load=$(containers load)
docker stop --time 30 "$load" >/dev/null
docker logs "$load" >"$scratch/load" 2>&1
cat "$scratch/load"
grep -Eq '^queries [1-9]' "$scratch/load" || fail 'the load had no query answered'
# The queries on a killed server fail; whoever wants a connection gets one.
if grep -E 'errors?: (no connection became free|too many callers|every endpoint refuses|the pool is closed)' "$scratch/load" ||
    grep 'further kind' "$scratch/load"; then
    fail 'there were failed acquires (above)'
fi
say "$database: passed"
