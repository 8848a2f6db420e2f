#!/usr/bin/env bash
# ./dev cluster COMMAND: the system on the cluster that KUBECONFIG names.
#
#   load IMAGE.tar…     put images into the cluster's nodes: with the command in CLUSTER_LOADER, else with
#                       kind or minikube where the context is theirs
#   secrets [--renew]   make the certificates, passwords and tokens of overlays/production that are missing;
#                       with --renew certificates that are there, too
#   deploy [OVERLAY]    apply overlays/local, or the kustomization that is named, and wait until it is ready
#   status              every pod; of each container that waits why, and of one that ended what it said
#   destroy [--yes]     delete the namespaces and all that is in them, volumes too; asks before it does
#
# Namespaces of our names that are somebody else's are left alone: then it says so, and nothing is changed.
set -euo pipefail
readonly started_in=$PWD
cd "$(dirname "$0")"
readonly namespaces=(kafka tributary logging logging-agents)
# What is made once, and once more with each version of the system.
readonly jobs=(kafka/topics logging/log-template logging/kibana-objects logging/api-keys)
readonly kubectl=${KUBECTL:-kubectl}
readonly timeout=${CLUSTER_TIMEOUT:-300s}

# Our names are common ones: a namespace without our label belongs to somebody else.
only_ours() {
    local namespace owner
    for namespace in "${namespaces[@]}"; do
        owner=$("$kubectl" get namespace "$namespace" --ignore-not-found \
            --output 'jsonpath=part of "{.metadata.labels.app\.kubernetes\.io/part-of}"')
        case $owner in '' | 'part of "tributary"') continue ;; esac
        echo "The namespace $namespace is there and without the label app.kubernetes.io/part-of=tributary," \
            "so it is not this system's. Nothing was changed. Take another cluster; or, if it is meant for" \
            "this system: kubectl label namespace $namespace app.kubernetes.io/part-of=tributary" >&2
        exit 1
    done
}

# Images are named from where the command was given; overlays lie beside this file.
load() {
    cd "$started_in"
    local context loader=${CLUSTER_LOADER:-}
    context=$("$kubectl" config current-context)
    if [ -n "$loader" ]; then
        "$loader" "$@"
        return
    fi
    case $context in
        kind-*) for image in "$@"; do kind load image-archive "$image" --name "${context#kind-}"; done ;;
        minikube*) for image in "$@"; do minikube image load "$image" --profile "$context"; done ;;
        *)
            echo "How do images get into the cluster of the context \"$context\"? Name a command in" \
                "CLUSTER_LOADER, or push them to a registry and name that in versions/." >&2
            exit 1
            ;;
    esac
}

deploy() {
    local overlay=${1:-overlays/local} rendered job
    rendered=$(mktemp)
    trap 'rm -f "$rendered"' RETURN
    "$kubectl" kustomize "$overlay" >"$rendered"
    only_ours
    # A Job cannot be changed, and these do no harm twice.
    for job in "${jobs[@]}"; do
        "$kubectl" delete job "${job#*/}" --namespace "${job%/*}" --ignore-not-found >/dev/null 2>&1 || true
    done
    # KEDA refuses a workload that another autoscaler has.
    if grep -q '^kind: ScaledObject$' "$rendered"; then
        "$kubectl" delete hpa consumer --namespace tributary --ignore-not-found >/dev/null
    fi
    trap 'tell_why' EXIT
    "$kubectl" apply --server-side --force-conflicts --filename "$rendered" >/dev/null
    ready
    trap - EXIT
}

# When a deploy ended before all was ready.
tell_why() {
    status >&2 || true
    echo "Not all of it became ready within $timeout for each: see above why. CLUSTER_TIMEOUT takes a" \
        "longer time; the same command again goes on from here." >&2
}

is_skipped() {
    [[ " ${CLUSTER_SKIP:-} " == *" $1 "* ]]
}

# Waits for every workload but those named in CLUSTER_SKIP, whose images a place may not have.
ready() {
    local namespace workload workloads job
    for namespace in kafka logging tributary logging-agents; do
        # In a statement of its own: of a command in `for` nobody asks how it ended.
        workloads=$("$kubectl" get statefulset,deployment,daemonset --namespace "$namespace" --output name)
        for workload in $workloads; do
            is_skipped "${workload##*/}" ||
                "$kubectl" rollout status "$workload" --namespace "$namespace" --timeout "$timeout"
        done
    done
    for job in "${jobs[@]}"; do
        is_skipped "${job#*/}" && continue
        workloads=$("$kubectl" get job "${job#*/}" --namespace "${job%/*}" --ignore-not-found --output name)
        for workload in $workloads; do
            "$kubectl" wait --for=condition=complete "$workload" --namespace "${job%/*}" --timeout "$timeout"
        done
    done
}

# Of the containers in a list of statuses those that wait for more than their turn, and those that ended
# badly, now or before they were started again.
readonly troubles='
    {{- range .items}}{{$pod := .metadata.name}}{{range .status.LIST}}{{$which := .name}}
        {{- with .state.waiting}}{{if ne .reason "PodInitializing"}}
            {{- $pod}}, {{$which}} waits: {{.reason}}{{with .message}}: {{.}}{{end}}{{"\n"}}
        {{- end}}{{end}}
        {{- with .state.terminated}}{{if ne (print .exitCode) "0"}}
            {{- $pod}}, {{$which}} ended: {{.reason}}, {{.exitCode}}
            {{- with .message}}: {{.}}{{end}}{{"\n"}}
        {{- end}}{{end}}
        {{- with .lastState.terminated}}{{if ne (print .exitCode) "0"}}
            {{- $pod}}, {{$which}} ended before: {{.reason}}, {{.exitCode}}
            {{- with .message}}: {{.}}{{end}}{{"\n"}}
        {{- end}}{{end}}
    {{- end}}{{end}}'

status() {
    local namespace list
    for namespace in "${namespaces[@]}"; do
        "$kubectl" get pods --namespace "$namespace" --output wide 2>&1 | sed "s/^/$namespace: /"
        for list in initContainerStatuses containerStatuses; do
            "$kubectl" get pods --namespace "$namespace" --output "go-template=${troubles/LIST/$list}"
        done
    done
}

confirm() {
    local context answer
    context=$("$kubectl" config current-context)
    if [ ! -t 0 ]; then
        echo "This deletes ${namespaces[*]} of the context \"$context\", and every event in them. If that" \
            "is meant: ./dev cluster destroy --yes" >&2
        exit 1
    fi
    read -rp "Delete ${namespaces[*]} of the context \"$context\", and every event in them? (yes/no) " answer
    [ "$answer" = yes ] || { echo "Nothing was changed." >&2 && exit 1; }
}

destroy() {
    only_ours
    [ "${1:-}" = --yes ] || confirm
    "$kubectl" delete namespace "${namespaces[@]}" --ignore-not-found
    "$kubectl" delete clusterrole,clusterrolebinding tributary-fluent-bit --ignore-not-found
    echo "Fluent Bit's place in the logs stays on every node, in /var/lib/tributary-fluent-bit: what was" \
        "sent is not sent again to the next system here. Remove that folder there to begin anew."
}

case ${1:-help} in
    load | deploy | status | destroy) "$@" ;;
    # Without an `&&` between them, before which no failure of kubectl would end the first.
    secrets)
        only_ours
        exec ./secrets.sh "${@:2}"
        ;;
    *) sed -n '2,13s/^# \{0,1\}//p' "$(basename "$0")" && exit 2 ;;
esac
