# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
# For steps.sh and demo_steps.sh, which source it on the node: how to wait, and how to look at the databases and the
# applications of the namespace shop.

patience=600
pods=()    # of the databases: NAME/ADDRESS
password=  # of the application's user
load=load  # the pod that runs `podpool watch --json`
login_patience=30  # seconds that a busy server may take for a login
shop=(kubectl --namespace shop)

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    "${shop[@]}" get pods --output wide >&2 || true
    frame >&2 || true
    exit 1
}

# wait_until WHAT COMMAND [ARGUMENT...]
wait_until() {
    local what=$1 begin=$SECONDS
    shift
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS - begin >= patience)); then fail "not within $patience s: $what"; fi
        sleep 0.3
    done
    say "after $((SECONDS - begin)) s: $what"
}

# The databases' pods that are ready and stay.
list_pods() {
    mapfile -t pods < <("${shop[@]}" get pods --selector app=db --output json | jq -r '.items[]
        | select(.metadata.deletionTimestamp == null and any(.status.conditions[]?; .type == "Ready" and .status == "True"))
        | "\(.metadata.name)/\(.status.podIP)"' | sort)
}

are_ready() {
    list_pods
    ((${#pods[@]} == $1))
}

read_password() {
    password=$("${shop[@]}" get secret db-app --output jsonpath='{.data.password}' | base64 --decode)
}

# ask ADDRESS SQL: as the application's user, who sees its own sessions, in a database where nobody else is.
ask() {
    PGPASSWORD=$password PGCONNECT_TIMEOUT=$login_patience PGAPPNAME=count psql --no-psqlrc --quiet --tuples-only --no-align \
        --field-separator ' ' "host=$1 dbname=template1 user=app sslmode=require" --command "$2"
}

# frame [POD]: the newest report of the load. Its file is on this node, and is there without the API server, too.
frame() { tail -n 3 "/var/log/pods/shop_${1:-$load}_"*"/${1:-$load}/0.log" | sed -n 's/^[^ ]* stdout F //p' | tail -n 1; }

# show_rules iptables|nftables: what kube-proxy does with the cluster IP of db-r.
show_rules() {
    if [[ $1 == iptables ]]; then
        iptables-save -t nat | grep -- '-A KUBE-SVC-.*shop/db-r:postgres ->'
    else
        nft list table ip kube-proxy | grep 'numgen.*shop/db-r/'
    fi
}
