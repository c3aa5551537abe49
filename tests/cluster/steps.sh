#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# On the node of a cluster that has nothing yet: databases and an application as in examples/kubernetes/README.md, thirty
# sessions of podpool's and thirty plain ones on the same Service, and what happens to databases, DNS and API server.
# Each step says what it measured; a failed one ends all. suite.sh runs it.
#   steps.sh iptables|nftables
set -euo pipefail
cd /
# shellcheck source=tests/cluster/shop.sh
source tests/cluster/shop.sh
# shellcheck source=tests/cluster/cloudnative_pg.sh
source tests/cluster/cloudnative_pg.sh

mode=$1
before=()  # the load's counts when the step began

# --- what is looked at -------------------------------------------------------------------------------

# sessions APPLICATION: how many each of the pods has, by the server's own count.
sessions() {
    local pod
    for pod in "${pods[@]}"; do
        printf '%s=%s ' "${pod%/*}" \
            "$(ask "${pod#*/}" "select count(*) from pg_stat_activity where application_name = '$1'")"
    done
}

# Whether podpool's sessions are all there and each pod has the same number.
are_even() {
    local pod count
    count=$(sessions podpool)
    for pod in "${pods[@]}"; do
        [[ " $count" == *" ${pod%/*}=$((30 / ${#pods[@]})) "* ]] || return 1
    done
}

# Counts of the load, no older than this call: QUERIES ERRORS FAILED_ACQUIRES
counts() {
    local since report deadline=$((SECONDS + patience))
    since=$(date -u +%FT%TZ)
    until report=$(frame) && [[ $(jq -r .time <<<"$report") > $since ]]; do
        if ((SECONDS >= deadline)); then fail 'the load reports nothing'; fi
        sleep 0.3
    done
    jq -r '"\(.queries) \(.errors) \(.failed_acquires)"' <<<"$report"
}

begin() {
    say "-- $*"
    read -ra before < <(counts)
}

# end [STATEMENTS]: what the load counted since the step began; fails if there were more failures than so many.
end() {
    local now acquires statements
    read -ra now < <(counts)
    acquires=$((now[2] - before[2]))
    statements=$((now[1] - before[1] - acquires))
    say "podpool: $((now[0] - before[0])) statements answered, $statements failed, $acquires acquires failed"
    say "podpool's sessions: $(sessions podpool)"
    say "plain sessions:     $(sessions ordinary)"
    if ((acquires > 0)); then fail "$acquires failed acquires"; fi
    if ((statements > ${1:-0})); then fail "$statements failed statements; expected at most ${1:-0}"; fi
}

# --- steps -------------------------------------------------------------------------------------------

# README.md of examples/kubernetes, word for word.
apply_manifests() {
    say '-- the manifests of examples/kubernetes'
    kubectl apply -f examples/kubernetes/namespace.yaml
    examples/kubernetes/secrets.sh | kubectl create -f -
    kubectl apply -f examples/kubernetes/
    wait_until 'three databases are ready' are_ready 3
    wait_until 'the application is ready' "${shop[@]}" rollout status deployment/app --timeout 20s
    "${shop[@]}" exec deployment/app -- podpool resolve
    "${shop[@]}" exec deployment/app -- podpool check
    read_password
    "${shop[@]}" exec deployment/app -- podpool check --json | jq -e '(.endpoints | length) == 3
        and all(.endpoints[]; .ok and (.tls | startswith("TLSv1")))' >/dev/null || fail 'podpool check (above)'
    address=$("${shop[@]}" get service app --output jsonpath='{.spec.clusterIP}')
    curl --silent --fail "http://$address/item/7" || fail 'the application does not answer'
    curl --silent --fail "http://$address/pool" || fail 'the application does not answer'
    [[ $(kubectl auth can-i list endpointslices.discovery.k8s.io --namespace shop \
        --as system:serviceaccount:shop:app) == yes ]] || fail 'the permission is missing'
}

start_load() {
    kubectl apply -f tests/cluster/load.yaml
    wait_until 'podpool has ten sessions on each of three' are_even
    wait_until 'there are thirty plain sessions' has_plain_sessions 30
    say "plain sessions: $(sessions ordinary)"
}

has_plain_sessions() {
    local total=0 one
    for one in $(sessions ordinary); do ((total += ${one#*=})) || true; done
    ((total == $1))
}

# Whether a pod is ready, and another one than so far.
is_another() {
    [[ $("${shop[@]}" get pod "$1" --output jsonpath='{.metadata.uid}') != "$2" ]] && are_ready "$3"
}

replace_pod() {
    local uid
    uid=$("${shop[@]}" get pod "$1" --output jsonpath='{.metadata.uid}')
    "${shop[@]}" delete pod "$1" --wait=false
    wait_until "another $1 is ready" is_another "$1" "$uid" "${#pods[@]}"
    wait_until 'the sessions are even' are_even
}

scale_up() {
    begin 'from three pods to five'
    "${shop[@]}" scale statefulset/db --replicas 5
    wait_until 'five pods are ready' are_ready 5
    wait_until 'podpool has six sessions on each of five' are_even
    end
    [[ $(sessions ordinary) == *' db-3=0 db-4=0 ' ]] || fail 'the plain sessions moved'
    show_rules "$mode"
}

delete_pod() {
    begin 'a pod is deleted'
    replace_pod db-2
    end
}

# wait_for_restart: of all five pods, the highest number first.
wait_for_restart() {
    wait_until 'all pods are others' "${shop[@]}" rollout status statefulset/db --timeout 20s
    wait_until 'five pods are ready' are_ready 5
    wait_until 'the sessions are even' are_even
}

# The change that takes the pause away is itself a rolling restart of pods that still have it, and the one that gives
# it back is one of pods that have none.
restart_with_pause() {
    begin 'a rolling restart, with preStop of 5 s'
    "${shop[@]}" patch statefulset db --type json \
        --patch '[{"op": "remove", "path": "/spec/template/spec/containers/0/lifecycle"}]'
    wait_for_restart
    end
}

restart_without_pause() {
    local begun leases
    begin 'a rolling restart, without preStop'
    begun=$(cat /var/log/pods/shop_load_*/load/0.log | wc -l)
    "${shop[@]}" patch statefulset db --type json --patch '[{"op": "add", "path":
        "/spec/template/spec/containers/0/lifecycle", "value": {"preStop": {"sleep": {"seconds": 5}}}}]'
    local old=("${pods[@]#*/}")
    wait_for_restart
    # The most leases that each of the old pods had in a report.
    leases=$(tail -n "+$begun" /var/log/pods/shop_load_*/load/0.log | sed -n 's/^[^ ]* stdout F //p' |
        jq -s --arg old "${old[*]}" '[.[].endpoints[] | select(.address as $one | $old | split(" ") | index($one))]
            | group_by(.address) | map(map(.active) | max) | add')
    say "the pods that shut down had $leases leases"
    end "$leases"
}

stop_dns() {
    begin 'CoreDNS is scaled to 0'
    kubectl --namespace kube-system scale deployment/coredns --replicas 0
    wait_until 'DNS answers nothing' dns_is_gone
    replace_pod db-3
    kubectl --namespace kube-system scale deployment/coredns --replicas 1
    end
}

dns_is_gone() { ! dig +time=1 +tries=1 @10.96.0.10 db-r.shop.svc.cluster.local >/dev/null; }

hears_api_server() { [[ $(frame | jq '.discovery.error == null') == "$1" ]]; }

# After an outage each controller waits for its own time until it asks again. Until the one that writes slices has seen
# a new pod, it tells of no pod that terminates, either.
await_controllers() {
    kubectl apply -f - <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: newcomer, labels: {app: newcomer}}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: newcomer, image: podpool-cluster-system, imagePullPolicy: IfNotPresent}]
---
apiVersion: v1
kind: Service
metadata: {name: newcomer}
spec:
  selector: {app: newcomer}
  ports: [{port: 80}]
YAML
    wait_until 'the controllers follow the API server again' is_in_slice newcomer
    kubectl delete service/newcomer pod/newcomer
}

is_in_slice() {
    kubectl get endpointslices --selector "kubernetes.io/service-name=$1" --output json |
        jq -e 'any(.items[].endpoints[]?; .conditions.ready)'
}

stop_api_server() {
    local stopped
    begin 'the API server is stopped for two minutes'
    stopped=$SECONDS
    /opt/cluster/node.sh stop apiserver
    wait_until 'podpool says that it has no API server' hears_api_server false
    say "discovery: $(frame | jq -c .discovery)"
    while ((SECONDS - stopped < 120)); do
        sleep 5
        # A session that is being renewed is counted twice.
        are_even || { sleep 2 && are_even; } || fail "the set was not kept: $(sessions podpool)"
    done
    say "after $((SECONDS - stopped)) s without it: $(sessions podpool)"
    /opt/cluster/node.sh start apiserver
    wait_until 'podpool follows the API server again' hears_api_server true
    await_controllers
    wait_until 'five pods are ready' are_ready 5
    end
}

scale_down() {
    begin 'from five pods to three'
    "${shop[@]}" scale statefulset/db --replicas 3
    wait_until 'three pods are there' are_ready 3
    wait_until 'podpool has ten sessions on each of three' are_even
    end
}

apply_manifests
cloudnative_pg
start_load
scale_up
delete_pod
restart_with_pause
restart_without_pause
stop_dns
stop_api_server
scale_down
say "all passed ($mode)"
