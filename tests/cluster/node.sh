#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# A Kubernetes node with its control plane, inside of its container; cluster.sh calls it.
#   node.sh run                what the container runs: starts every program, then waits
#   node.sh import             reads images, as `docker save` writes them
#   node.sh finish             CoreDNS, volumes; returns when the cluster is ready
#   node.sh stop apiserver     kills the API server
#   node.sh start apiserver    starts it again, and returns when it is ready
# PROXY_MODE: what kube-proxy works with, iptables or nftables. NICENESS: of everything.
set -euo pipefail

state=/run/cluster
logs=/var/log/cluster
address=10.77.0.1
api=https://$address:6443

say() { printf 'cluster: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# start NAME PROGRAM [ARGUMENT...]: in the background, with a log; a name is started once at a time.
start() {
    local name=$1
    shift
    setsid "$@" >>"$logs/$name.log" 2>&1 </dev/null &
    echo "$!" >"$state/$name.pid"
}

# wait_until SECONDS WHAT COMMAND [ARGUMENT...]
wait_until() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= deadline)); then
            tail -n 5 "$logs"/*.log >&2
            fail "not in time: $what"
        fi
        sleep 0.2
    done
    say "$what"
}

# --- the machine -------------------------------------------------------------------------------------

# What --privileged would have given: cgroups, /sys and /proc/sys that can be written, mounts that pods may share.
open_machine() {
    local mount
    mount -o remount,bind,rw /sys
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        # Version 2: a cgroup with children has no processes of its own.
        mount -o remount,bind,rw /sys/fs/cgroup
        mkdir /sys/fs/cgroup/init
        xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
        sed 's/[^ ]*/+&/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
    else
        for mount in /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$mount"; done
    fi
    mount --make-rshared /
    sysctl -qw net.ipv4.ip_forward=1
    sysctl -qw net.bridge.bridge-nf-call-iptables=1 2>/dev/null || true
}

# The node's network: an address and a default route, and nobody behind it.
make_network() {
    : >/etc/resolv.conf
    ip link set lo up
    ip link add eth0 type veth peer name nobody
    ip link set eth0 up
    ip link set nobody up
    ip addr add "$address/24" dev eth0
    ip route add default dev eth0
}

# --- who is who --------------------------------------------------------------------------------------

new_key() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "$@" 2>/dev/null; }

# certify NAME SUBJECT [NAMES]
certify() {
    new_key -subj "$2" -keyout "$1.key" -out "$1.csr"
    printf '%s\n' 'extendedKeyUsage=serverAuth,clientAuth' "${3:+subjectAltName=$3}" >extensions
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile extensions \
        -out "$1.crt" 2>/dev/null
}

# make_kubeconfig NAME: how this program finds the API server, with its certificate inside.
make_kubeconfig() {
    cat >"$state/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "$api", certificate-authority-data: $(base64 --wrap=0 ca.crt)}}]
users: [{name: $1, user: {client-certificate-data: $(base64 --wrap=0 "$1.crt"), client-key-data: $(base64 --wrap=0 "$1.key")}}]
contexts: [{name: test, context: {cluster: test, user: $1}}]
current-context: test
YAML
}

make_identities() {
    local name
    mkdir "$state/pki"
    cd "$state/pki"
    new_key -x509 -days 30 -subj /CN=cluster -keyout ca.key -out ca.crt
    # ServiceAccounts' tokens are signed with it.
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out tokens.key 2>/dev/null
    openssl pkey -in tokens.key -pubout -out tokens.pub
    certify apiserver /CN=kube-apiserver \
        "DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:$address,IP:10.96.0.1"
    certify admin /O=system:masters/CN=admin
    certify controllers /CN=system:kube-controller-manager
    certify scheduler /CN=system:kube-scheduler
    certify kubelet /O=system:nodes/CN=system:node:node "DNS:node,IP:$address"
    certify proxy /CN=system:kube-proxy
    for name in admin controllers scheduler kubelet proxy; do make_kubeconfig "$name"; done
    cd /
}

# --- settings ----------------------------------------------------------------------------------------

write_containerd_settings() {
    mkdir -p /etc/cni/net.d /etc/containerd
    cat >/etc/cni/net.d/10-bridge.conflist <<'JSON'
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
    {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "ipMasq": false,
     "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
    # restrict_oom_score_adj: this container may not lower it.
    cat >/etc/containerd/config.toml <<'TOML'
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/library/podpool-cluster-system:latest"
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "/etc/cni/net.d"
TOML
}

write_kubelet_settings() {
    cat >"$state/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $address
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $state/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $state/pki/kubelet.crt
tlsPrivateKeyFile: $state/pki/kubelet.key
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
# Both would measure a file system that they can't find here.
localStorageCapacityIsolation: false
evictionHard: {memory.available: 100Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%}
imageGCHighThresholdPercent: 100
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
resolvConf: /etc/resolv.conf
nodeStatusUpdateFrequency: 5s
YAML
}

write_proxy_settings() {
    # conntrack's limits are the machine's.
    cat >"$state/proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ${PROXY_MODE:-iptables}
clientConnection: {kubeconfig: $state/proxy.kubeconfig}
clusterCIDR: 10.244.0.0/16
hostnameOverride: node
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
YAML
}

# --- programs ----------------------------------------------------------------------------------------

start_apiserver() {
    local pki=$state/pki
    start apiserver kube-apiserver --etcd-servers http://127.0.0.1:2379 --bind-address "$address" --secure-port 6443 \
        --advertise-address "$address" --client-ca-file "$pki/ca.crt" \
        --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" \
        --kubelet-client-certificate "$pki/admin.crt" --kubelet-client-key "$pki/admin.key" \
        --kubelet-certificate-authority "$pki/ca.crt" --kubelet-preferred-address-types InternalIP \
        --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$pki/tokens.pub" \
        --service-account-signing-key-file "$pki/tokens.key" --authorization-mode Node,RBAC \
        --service-cluster-ip-range 10.96.0.0/16 --allow-privileged --enable-admission-plugins NodeRestriction
}

start_control_plane() {
    start etcd etcd --name test --data-dir "$state/etcd" --unsafe-no-fsync --log-level warn \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
        --initial-cluster test=http://127.0.0.1:2380
    start_apiserver
    wait_until 120 'the API server is ready' kubectl get --raw /readyz
    start controllers kube-controller-manager --kubeconfig "$state/controllers.kubeconfig" \
        --use-service-account-credentials --bind-address 127.0.0.1 --leader-elect=false \
        --service-account-private-key-file "$state/pki/tokens.key" --root-ca-file "$state/pki/ca.crt"
    start scheduler kube-scheduler --kubeconfig "$state/scheduler.kubeconfig" --bind-address 127.0.0.1 \
        --leader-elect=false
}

run() {
    renice -n "${NICENESS:-0}" -p $$ >/dev/null
    mkdir -p "$state" "$logs"
    open_machine
    make_network
    make_identities
    write_containerd_settings
    write_kubelet_settings
    write_proxy_settings
    start containerd containerd
    start_control_plane
    wait_until 60 'containerd answers' ctr version
    start kubelet kubelet --config "$state/kubelet.yaml" --kubeconfig "$state/kubelet.kubeconfig" \
        --hostname-override node --node-ip "$address" --root-dir /var/lib/kubelet \
        --node-labels topology.kubernetes.io/zone=zone-a
    start proxy kube-proxy --config "$state/proxy.yaml"
    touch "$state/started"
    exec sleep infinity
}

# Volumes for the databases, as a provisioner would make them.
make_volumes() {
    local i
    for i in {1..12}; do
        mkdir -p "/var/lib/kubelet/databases/$i"
        cat <<YAML
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: database-$i}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: local
  local: {path: /var/lib/kubelet/databases/$i}
  nodeAffinity:
    required:
      nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [node]}]}]
YAML
    done | kubectl create -f - >/dev/null
}

finish() {
    wait_until 180 'the programs are started' test -e "$state/started"
    make_volumes
    kubectl apply -f /opt/cluster/objects.yaml >/dev/null
    wait_until 90 'the node is ready' kubectl wait --for condition=Ready node/node --timeout 20s
    wait_until 120 'CoreDNS is ready' kubectl --namespace kube-system wait --for condition=Ready pod \
        --selector k8s-app=kube-dns --timeout 20s
}

case ${1:-} in
    run) run ;;
    import)
        wait_until 60 'containerd answers' ctr version
        ctr --namespace k8s.io images import - >/dev/null
        ;;
    finish) finish ;;
    stop) kill -KILL "$(<"$state/${2:?}.pid")" ;;
    start)
        "start_${2:?}"
        wait_until 120 'the API server is ready' kubectl get --raw /readyz
        ;;
    *) fail "usage: node.sh run | import | finish | stop apiserver | start apiserver" ;;
esac
