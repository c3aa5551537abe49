# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
# For steps.sh, which sources it: examples/kubernetes/cloudnative-pg/ without the operator. Its Services and its Secrets
# are made as its sources (1.27) make them, on pods of postgres.yaml under other names. Where /tmp/clusters.yaml is, the
# definition of the kind Cluster, cluster.yaml is applied, too: the API server then knows each of its fields.

# as_operator FILE: what this file names db, named pg.
as_operator() { sed 's/\bdb\b/pg/g' "$1"; }

# The certificate has the names of the operator's Services.
make_operator_secrets() {
    local uri
    as_operator examples/kubernetes/secrets.sh | sed 's/^for service in .*;/for service in pg pg-r pg-ro pg-rw;/' | bash |
        kubectl create -f -
    uri="postgresql://app:$("${shop[@]}" get secret pg-app --output jsonpath='{.data.password}' |
        base64 --decode)@pg-rw.shop:5432/shop"
    "${shop[@]}" patch secret pg-app --patch "{\"stringData\": {\"uri\": \"$uri\", \"user\": \"app\", \"dbname\": \"shop\",
        \"host\": \"pg-rw\", \"port\": \"5432\"}}"
    "${shop[@]}" get secret pg-app --output jsonpath='{.data.ca\.crt}' | base64 --decode |
        "${shop[@]}" create secret generic pg-ca --from-file ca.crt=/dev/stdin
}

# operator_service NAME LABELS
operator_service() {
    cat <<YAML
---
apiVersion: v1
kind: Service
metadata: {name: $1, namespace: shop}
spec:
  type: ClusterIP
  selector: {cnpg.io/cluster: pg, $2}
  ports: [{name: postgres, protocol: TCP, port: 5432, targetPort: 5432}]
YAML
}

make_operator_pods() {
    as_operator examples/kubernetes/postgres.yaml | kubectl apply -f -
    {
        operator_service pg-rw 'cnpg.io/instanceRole: primary'
        operator_service pg-ro 'cnpg.io/instanceRole: replica'
        operator_service pg-r 'cnpg.io/podRole: instance'
    } | kubectl apply -f -
    wait_until 'the pods of the operator are ready' "${shop[@]}" rollout status statefulset/pg --timeout 20s
    "${shop[@]}" label pods --selector app=pg cnpg.io/cluster=pg cnpg.io/podRole=instance cnpg.io/instanceRole=replica
    "${shop[@]}" label pod pg-0 --overwrite cnpg.io/instanceRole=primary
}

# has_endpoints APPLICATION COUNT: as podpool sees them, each with a login.
has_endpoints() {
    "${shop[@]}" exec "deployment/$1" -- podpool check --json |
        jq -e --argjson count "$2" '(.endpoints | length) == $count and all(.endpoints[]; .ok)'
}

cloudnative_pg() {
    local app
    say '-- the manifests for CloudNativePG'
    if [[ -e /tmp/clusters.yaml ]]; then
        kubectl create -f /tmp/clusters.yaml
        kubectl wait --for condition=Established crd/clusters.postgresql.cnpg.io --timeout 60s
        kubectl apply -f examples/kubernetes/cloudnative-pg/
    else
        say 'not run: cluster.yaml, whose kind is not known here'
        kubectl apply -f examples/kubernetes/cloudnative-pg/app-rw.yaml -f examples/kubernetes/cloudnative-pg/app-ro.yaml \
            -f examples/kubernetes/cloudnative-pg/network.yaml
    fi
    make_operator_secrets
    make_operator_pods
    for app in app-rw app-ro; do
        wait_until "$app is ready" "${shop[@]}" rollout status "deployment/$app" --timeout 20s
    done
    wait_until 'app-rw has the primary' has_endpoints app-rw 1
    wait_until 'app-ro has the replicas' has_endpoints app-ro 2
    "${shop[@]}" exec deployment/app-ro -- podpool resolve
    "${shop[@]}" delete deployment app-rw app-ro
    "${shop[@]}" delete statefulset pg
}
