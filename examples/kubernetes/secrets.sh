#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Prints the Secrets of postgres.yaml and app.yaml: passwords, and a certificate for the names of the two Services by
# an authority whose key is thrown away. `create` refuses a second run, whose passwords the database wouldn't know.
#   ./secrets.sh | kubectl create -f -
set -euo pipefail
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
days=3650
names=''
for service in db db-r; do
    for end in '' .shop .shop.svc .shop.svc.cluster.local; do names+="${names:+,}DNS:$service$end"; done
done

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$days" -subj '/CN=shop databases' \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -keyout ca.key -out ca.crt 2>log || { cat log >&2; exit 1; }
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=db-r.shop' \
    -keyout server.key -out server.csr 2>log || { cat log >&2; exit 1; }
printf '%s\n' "subjectAltName=$names" 'basicConstraints=critical,CA:FALSE' 'extendedKeyUsage=serverAuth' \
    'keyUsage=critical,digitalSignature' 'authorityKeyIdentifier=keyid' >extensions
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days "$days" -extfile extensions \
    -out server.crt 2>log || { cat log >&2; exit 1; }
openssl rand -hex 16 | tr -d '\n' >app_password
openssl rand -hex 16 | tr -d '\n' >replication_password
printf app >username
cp app_password password

# secret NAME FILE...
secret() {
    local file
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: shop\ndata:\n' "$1"
    for file in "${@:2}"; do printf '  %s: %s\n' "$file" "$(base64 --wrap=0 "$file")"; done
}
secret db-server ca.crt server.crt server.key app_password replication_password
secret db-app ca.crt username password
