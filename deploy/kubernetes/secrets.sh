#!/usr/bin/env bash
# ./dev cluster secrets [--renew]: makes what overlays/production expects and nobody has made yet: the
# authority and the certificate of Elasticsearch, its first password, the tokens of Producer, console and
# import, which fit each other. What is there stays; with --renew all but the certificates. The API keys come
# later, from a job, once Elasticsearch runs.
set -euo pipefail
cd "$(dirname "$0")"
readonly kubectl=${KUBECTL:-kubectl}
readonly days=${CERTIFICATE_DAYS:-825}

is_there() {
    "$kubectl" get "$2" "$3" --namespace "$1" >/dev/null 2>&1
}

# make NAMESPACE KIND NAME ARGUMENT…: `secret` or `configmap`, unless it is there.
make() {
    local namespace=$1 kind=$2 name=$3
    shift 3
    if is_there "$namespace" "$kind" "$name"; then
        echo "$namespace/$name is there"
        return
    fi
    case $kind in secret) set -- generic "$name" "$@" ;; *) set -- "$name" "$@" ;; esac
    "$kubectl" create "$kind" "$@" --namespace "$namespace" >/dev/null
    echo "$namespace/$name made"
}

# entry SECRET NAME: what a Secret in `tributary` has under this name.
entry() {
    "$kubectl" get secret "$1" --namespace tributary \
        --output "go-template={{index .data \"$2\" | base64decode}}"
}

entry_or_new() {
    if is_there tributary secret "$1"; then entry "$@"; else openssl rand -hex 24; fi
}

# make_client SECRET NAME ENTRY ARGUMENT…: what the Producer knows as NAME's token, as ENTRY of a Secret.
make_client() {
    local secret=$1 name=$2 entry=$3 token
    shift 3
    if is_there tributary secret "$secret"; then
        echo "tributary/$secret is there"
        return
    fi
    # NAME=TOKEN or NAME[TYPE|…]=TOKEN, with blanks wherever.
    token=$(tr ',' '\n' <<<"$known" | tr -d ' \t' | sed -nE "s/^$name(\[[^]]*\])?=//p" | head -n 1)
    if [ -z "$token" ]; then
        echo "tributary/$secret is not made: the Secret producer-token has no token with the name $name." \
            "Add $name=TOKEN to its entry \"tokens\", behind a comma, and run this again; or delete the Secrets" \
            "producer-token, console-tokens and import-token, and all tokens are made anew." >&2
        incomplete=yes
        return
    fi
    make tributary secret "$secret" "$@" --from-literal="$entry=$token"
}

# An authority that signs one certificate for every name of Elasticsearch, and is forgotten.
make_certificates() {
    local folder=$1 service=elasticsearch.logging.svc.cluster.local
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$days" \
        -subj "/CN=Tributary's Elasticsearch" -keyout "$folder/ca.key" -out "$folder/ca.crt" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$service" \
        -keyout "$folder/tls.key" -out "$folder/tls.csr" 2>/dev/null
    openssl x509 -req -in "$folder/tls.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -CAcreateserial \
        -days "$days" -out "$folder/tls.crt" -extfile <(
            echo "subjectAltName=DNS:$service,DNS:*.elasticsearch-nodes.logging.svc.cluster.local,DNS:localhost"
        ) 2>/dev/null
}

forget_certificates() {
    "$kubectl" delete secret elasticsearch-certificates --namespace logging --ignore-not-found >/dev/null
    for namespace in tributary logging-agents; do
        "$kubectl" delete configmap elasticsearch-ca --namespace "$namespace" --ignore-not-found >/dev/null
    done
}

case ${1:-} in
    '') ;;
    --renew) forget_certificates ;;
    *) echo "./dev cluster secrets takes --renew or nothing, not $1." >&2 && exit 2 ;;
esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
umask 077
"$kubectl" apply --server-side --filename base/namespaces/namespaces.yaml >/dev/null

if ! is_there logging secret elasticsearch-certificates; then make_certificates "$folder"; fi
make logging secret elasticsearch-certificates --from-file="$folder/ca.crt" --from-file="$folder/tls.crt" \
    --from-file="$folder/tls.key"
"$kubectl" get secret elasticsearch-certificates --namespace logging \
    --output 'go-template={{index .data "ca.crt" | base64decode}}' >"$folder/ca.crt"
make tributary configmap elasticsearch-ca --from-file="$folder/ca.crt"
make logging-agents configmap elasticsearch-ca --from-file="$folder/ca.crt"
make logging secret elasticsearch-bootstrap --from-literal=password="$(openssl rand -hex 24)"

# What the Producer's clients show it is what it knows, whichever of the Secrets are missing.
if ! is_there tributary secret producer-token; then
    console_token=$(entry_or_new console-tokens producer)
    import_token=$(entry_or_new import-token token)
    make tributary secret producer-token \
        --from-literal=tokens="console=$console_token,import=$import_token"
else
    echo "tributary/producer-token is there"
fi
known=$(entry producer-token tokens)
incomplete=''
make_client console-tokens console producer --from-literal=console="$(openssl rand -hex 24)"
make_client import-token import token
[ -z "$incomplete" ]
