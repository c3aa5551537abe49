#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Starts a cluster under a name of its own, and runs steps.sh on its node with the manifests of examples/kubernetes/ and
# the images that these name. Everything is gone afterwards, also after a failure. `./dev test --kubernetes` runs it.
#   suite.sh [iptables|nftables]     what kube-proxy works with; default iptables
# The images podpool-cluster-node, podpool-cluster-system, podpool-postgres and podpool-app must be there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

mode=${1:-iptables}
export PODPOOL_CLUSTER=podpool-cluster-$mode-$$

tear_down() {
    local status=$?
    trap - EXIT
    trap '' INT TERM
    tests/cluster/cluster.sh down || status=1
    exit "$status"
}
trap tear_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tests/cluster/cluster.sh up "$mode"
tests/cluster/cluster.sh load podpool-postgres podpool-app
# The definition of CloudNativePG's kind, out of the operator's Go module (13 MB).
if module=$(cd / && PATH=$PATH:/usr/local/go/bin go mod download -json \
    github.com/cloudnative-pg/cloudnative-pg@v1.27.0 2>/dev/null); then
    tests/cluster/cluster.sh exec tee /tmp/clusters.yaml >/dev/null \
        <"$(sed -n 's/.*"Dir": "\(.*\)",/\1/p' <<<"$module")/config/crd/bases/postgresql.cnpg.io_clusters.yaml"
fi
tar -c examples/kubernetes tests/cluster/{shop.sh,steps.sh,cloudnative_pg.sh,load.yaml} | tests/cluster/cluster.sh exec tar -x -C /
tests/cluster/cluster.sh exec bash /tests/cluster/steps.sh "$mode"
