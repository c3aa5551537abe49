# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
# entrypoint.sh sources it.

# certify AUTHORITY DIRECTORY: makes server.crt and server.key, signed by AUTHORITY/ca.key, for the service's name
# and this container's addresses. Debian's connector verifies what it dials, and podpool dials addresses. At every
# start, since a container that is started again may get another address.
certify() {
    local authority=$1 into=$2 address kind names="DNS:${SERVICE_NAME:?the name that clients connect to, such as db}"
    while read -r address kind _; do
        if [[ $kind == STREAM ]]; then names+=",IP:$address"; fi
    done < <(getent ahosts "$(uname -n)")
    (
        umask 077
        mkdir -p "$into"
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$SERVICE_NAME" \
            -keyout "$into/server.key" -out "$into/request" 2>"$into/log"
        openssl x509 -req -in "$into/request" -CA "$authority/ca.crt" -CAkey "$authority/ca.key" \
            -set_serial "0x$(openssl rand -hex 8)" -days 3650 -out "$into/server.crt" -extfile <(
            printf '%s\n' "subjectAltName=$names" 'basicConstraints=critical,CA:FALSE' 'extendedKeyUsage=serverAuth' \
                'keyUsage=critical,digitalSignature' 'authorityKeyIdentifier=keyid'
        ) 2>"$into/log"
    ) || {
        cat "$into/log" >&2
        fail 'making a certificate failed (above)'
    }
}
