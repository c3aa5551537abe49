#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# A real Kubernetes cluster of one node, in one container of Docker's: etcd, API server, controllers, scheduler, kubelet,
# containerd, kube-proxy, CoreDNS. It has no network but its own, and needs no --privileged.
#   cluster.sh up [iptables|nftables]    starts it; what kube-proxy works with (default iptables)
#   cluster.sh load IMAGE...             brings images from here into it
#   cluster.sh exec COMMAND [ARGUMENT...]
#                                        a command on the node: kubectl (as administrator), psql, dig, jq, nft, iptables
#   cluster.sh stop | start              kills its API server; starts it again
#   cluster.sh down                      removes all of it
# PODPOOL_CLUSTER is its name, by default podpool-cluster; of one name there is one at a time. The images
# podpool-cluster-node and podpool-cluster-system must be there: docker/build_images.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

name=${PODPOOL_CLUSTER:-podpool-cluster}

fail() {
    printf 'cluster: %s\n' "$*" >&2
    exit 1
}

exists() { docker container inspect "$name" >/dev/null 2>&1; }
# A busy machine may need longer than the Docker Engine waits for the end of so many processes.
remove() {
    local try
    for try in {1..10}; do
        if ! exists || docker rm --force --volumes "$name" >/dev/null; then return 0; fi
        sleep "$try"
    done
    fail "$name is left over"
}
node() { docker exec --interactive "$name" "$@"; }

load() { docker save "$@" | node /opt/cluster/node.sh import; }

# All capabilities but SYS_RESOURCE, which a sandbox may not have itself; --privileged would ask for it.
capabilities() {
    local one
    for one in AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID \
        IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE \
        NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_NICE SYS_PACCT \
        SYS_PTRACE SYS_RAWIO SYS_TIME SYS_TTY_CONFIG WAKE_ALARM; do
        printf -- '--cap-add %s ' "$one"
    done
}

made=''  # the container, if this call made it
end_of_failed_start() {
    local status=$?
    trap - EXIT
    trap '' INT TERM
    if ((status != 0)) && [[ -n $made ]]; then
        docker logs --tail 20 "$made" >&2 || true
        docker rm --force --volumes "$made" >/dev/null || true
    fi
    exit "$status"
}

up() {
    local mode=$1 program options image
    [[ $mode =~ ^(iptables|nftables)$ ]] || fail "unknown mode '$mode'; expected iptables or nftables"
    program=$(tests/go_program.sh tests/cluster/kube path)
    [[ -x $program ]] || fail "no $program: tests/go_program.sh tests/cluster/kube build"
    for image in podpool-cluster-node podpool-cluster-system; do
        docker image inspect "$image" >/dev/null 2>&1 || fail "no image $image: docker/build_images.sh ${image#podpool-}"
    done
    # What containerd and kubelet write is in volumes: an overlay can't lie on another one.
    options=(--name "$name" --hostname node --network none --cgroupns private
        --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined
        --device-cgroup-rule 'a *:* rwm' --device /dev/kmsg --tmpfs /run:exec --tmpfs /tmp:exec
        --volume /var/lib/containerd --volume /var/lib/kubelet --volume /var/log
        --volume "${program%/*}:/opt/kubernetes:ro"
        --env "PROXY_MODE=$mode" --env "NICENESS=$(nice)" --env KUBECONFIG=/run/cluster/admin.kubeconfig)
    if exists; then fail "there is a cluster $name; PODPOOL_CLUSTER=$name tests/cluster/cluster.sh down removes it"; fi
    trap end_of_failed_start EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # shellcheck disable=SC2046 # several arguments
    made=$(docker create $(capabilities) "${options[@]}" podpool-cluster-node)
    docker start "$made" >/dev/null
    load podpool-cluster-system
    node /opt/cluster/node.sh finish
    printf 'cluster: %s is up after %d s (%s)\n' "$name" "$SECONDS" "$mode"
}

verb=${1:-}
if (($# > 0)); then shift; fi
case $verb in
    up) up "${1:-iptables}" ;;
    load) load "$@" ;;
    exec) node "$@" ;;
    stop | start) node /opt/cluster/node.sh "$verb" apiserver ;;
    down) remove ;;
    *)
        echo 'usage: cluster.sh up [iptables|nftables] | load IMAGE... | exec COMMAND... | stop | start | down' >&2
        exit 2
        ;;
esac
