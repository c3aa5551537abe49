#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Makes what a stack must keep secret, once: passwords, a CA, and a server certificate that carries one name only.
# Or, with CA_KEY=keep, the CA's key instead of the certificate: then each server makes its own.
# Runs as root, without a network, in a container of its own that then ends; what is there stays as it is.
#   /run/podpool/server: for the servers' user: ca.crt, server.crt, server.key (or ca.key), app_password,
#       replication_password
#   /run/podpool/client: for the application's user: ca.crt, uri (a connection string with the password)
# Otherwise the CA's key is not kept: nobody can make another certificate that the clients would trust.
set -euo pipefail

server=/run/podpool/server
client=/run/podpool/client
name=${SERVICE_NAME:?the name that clients connect to, such as db}
# Of the connection string.
scheme=${URI_SCHEME:?postgresql or mysql}
server_owner=${SERVER_OWNER:-999:999}
client_owner=${CLIENT_OWNER:-10001:10001}
days=3650

if [[ -e $server/made && -e $client/made ]]; then
    echo 'podpool: certificates and passwords are there'
    exit 0
fi

umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# MySQL allows 32 characters for replication.
password() { openssl rand -hex 16; }

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$days" -subj '/CN=podpool stack CA' \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -keyout ca.key -out ca.crt 2>log || { cat log >&2; exit 1; }
files=(ca.crt app_password replication_password)
if [[ ${CA_KEY:-} == keep ]]; then
    files+=(ca.key)
else
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
        -keyout server.key -out server.csr 2>log || { cat log >&2; exit 1; }
    printf '%s\n' "subjectAltName=DNS:$name" 'basicConstraints=critical,CA:FALSE' 'extendedKeyUsage=serverAuth' \
        'keyUsage=critical,digitalSignature' 'authorityKeyIdentifier=keyid' >extensions
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days "$days" -extfile extensions \
        -out server.crt 2>log || { cat log >&2; exit 1; }
    files+=(server.crt server.key)
fi

app_password=$(password)
printf '%s' "$app_password" >app_password
password | tr -d '\n' >replication_password
printf '%s' "$scheme://app:$app_password@$name/shop?sslmode=verify-full&sslrootcert=$client/ca.crt" >uri

# The markers come last, so that an interrupted run is repeated.
rm -f "$server/made" "$client/made"
install -o "${server_owner%:*}" -g "${server_owner#*:}" -m 400 "${files[@]}" "$server/"
install -o "${client_owner%:*}" -g "${client_owner#*:}" -m 400 ca.crt uri "$client/"
chmod 755 "$server" "$client"
touch "$server/made" "$client/made"
echo "podpool: made a CA for $name, and passwords"
