#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Shows podpool beside an ordinary pool in a real Kubernetes cluster, which it starts in a container under a name of its
# own: two applications on the same Service while its pods are scaled, deleted and restarted. Ends with a summary and a
# picture, podpool-demo.svg. Everything else is gone afterwards, also after a failure or Ctrl-C. `./dev demo --kubernetes`
# runs it.
#   demo.sh [iptables|nftables]     what kube-proxy works with; default iptables
# The images podpool-cluster-node, podpool-cluster-system, podpool-postgres and podpool-app must be there.
# The status is 0 only if podpool's application saw no failure and had even sessions at the end of each step.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

mode=${1:-iptables}
picture=podpool-demo.svg
export PODPOOL_CLUSTER=podpool-demo-$mode-$$
cluster=tests/cluster/cluster.sh
running=''
stopped=0
scratch=$(mktemp -d)

# A signal may be this script's alone, so what it runs is told, and gone before the cluster is removed.
tear_down() {
    local status=$?
    trap - EXIT
    trap '' INT TERM
    if [[ -n $running ]]; then
        kill "$running" 2>/dev/null || true
        wait "$running" || true
    fi
    $cluster down || status=1
    rm -rf "$scratch"
    if ((stopped && status > 128)); then echo 'demo: stopped, and everything cleaned up' >&2; fi
    exit "$status"
}
trap tear_down EXIT
trap 'stopped=1; exit 130' INT
trap 'stopped=1; exit 143' TERM

# While bash waits for a program, it leaves a signal until later; while it waits for a job it doesn't.
run() {
    local status=0
    "$@" &
    running=$!
    wait "$running" || status=$?
    running=''
    return "$status"
}

copy_files() {
    tar -c examples/kubernetes tests/cluster/{shop.sh,demo_steps.sh,demo.yaml} | $cluster exec tar -x -C /
}

printf 'A Kubernetes cluster of one node in a container (about a minute) ...\n'
run $cluster up "$mode"
run $cluster load podpool-postgres podpool-app
run copy_files
status=0
run $cluster exec bash /tests/cluster/demo_steps.sh "$mode" || status=$?
for file in samples steps; do $cluster exec cat "/tmp/$file" >"$scratch/$file"; done
tests/cluster/picture.sh "$scratch/samples" "$scratch/steps" "$mode" >"$picture"
printf 'picture: %s\n\n' "$picture"
if ((status == 0)); then
    printf 'It held: podpool had its share on every pod after each step, and no statement failed.\n'
else
    printf 'It did not hold: see above.\n'
fi
exit "$status"
