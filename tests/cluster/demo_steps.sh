#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# On the node of a cluster that has nothing yet: databases as in examples/kubernetes/README.md, the two applications of
# demo.yaml, and what happens to the databases. Every two seconds a row of a table says what the servers count. The rows
# are kept in /tmp/samples, the steps' beginnings in /tmp/steps, for picture.sh. demo.sh runs it.
#   demo_steps.sh iptables|nftables
# The status is 0 only if podpool's application saw no failure and its sessions were even at the end of each step.
set -euo pipefail
cd /
# shellcheck source=tests/cluster/shop.sh
source tests/cluster/shop.sh
# A server that is too busy to be asked is shown as such.
login_patience=5

mode=$1
load=podpool
pace=2         # seconds between two rows
at_least=24    # seconds of a step
even_within=180
names=(db-0 db-1 db-2 db-3 db-4)
apps=(ordinary podpool)
# By pod: its state (none, starting, ready, leaving), address and uid, and when its server was asked (ms).
declare -A state=() address=() uid=() asked=()
# By application and pod, as in "podpool db-0".
declare -A sessions=() statements=() rate=()
declare -A failed=([ordinary]=0 [podpool]=0) failed_before=()
began=0        # ms
next_row=0     # ms
ended_well=1
summary=()

milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }

# --- what is looked at -------------------------------------------------------------------------------

look_at_pods() {
    local pod at identity name
    for name in "${names[@]}"; do state[$name]=none; done
    while read -r name pod at identity; do
        if [[ ${uid[$name]:-} != "$identity" ]]; then unset "asked[$name]"; fi
        state[$name]=$pod address[$name]=$at uid[$name]=$identity
    done < <("${shop[@]}" get pods --selector app=db --output json | jq -r '.items[] | [.metadata.name,
        (if .metadata.deletionTimestamp then "leaving"
         elif any(.status.conditions[]?; .type == "Ready" and .status == "True") then "ready"
         else "starting" end), .status.podIP // "-", .metadata.uid] | join(" ")')
}

# What a server counts: sessions of both applications, transactions of both.
counts="select count(*) filter (where application_name = 'ordinary'), count(*) filter (where application_name = 'podpool'),
    (select xact_commit from pg_stat_database where datname = 'shop'),
    (select xact_commit from pg_stat_database where datname = 'postgres') from pg_stat_activity"

# ask_servers DIRECTORY: all at once, each answer in a file with the pod's name.
ask_servers() {
    local name asking=()
    for name in "${names[@]}"; do
        : >"$1/$name"
        if [[ ${state[$name]} == none || ${address[$name]} == - ]]; then continue; fi
        { ask "${address[$name]}" "$counts" | sed "s/\$/ $(milliseconds)/" >"$1/$name"; } 2>/dev/null &
        asking+=("$!")
    done
    for name in "${asking[@]}"; do wait "$name" || true; done
}

# count APPLICATION POD SESSIONS STATEMENTS MILLISECONDS
count() {
    local key="$1 $2" passed
    rate[$key]=0
    if [[ -n ${asked[$2]:-} ]] && passed=$(($5 - asked[$2])) && ((passed > 0 && $4 >= statements[$key])); then
        rate[$key]=$((($4 - statements[$key]) * 1000 / passed))
    fi
    sessions[$key]=$3 statements[$key]=$4
}

# no_answer POD: of a server that is ready and too busy to answer in time, what it said last still holds.
no_answer() {
    local app
    for app in "${apps[@]}"; do
        if [[ ${state[$1]} == ready && -n ${asked[$1]:-} ]]; then
            rate["$app $1"]='?'
        else
            sessions["$app $1"]=0 rate["$app $1"]=0
        fi
    done
}

look() {
    local name directory=/tmp/answers ordinary podpool ordinary_done podpool_done now app
    mkdir -p "$directory"
    look_at_pods
    ask_servers "$directory"
    for name in "${names[@]}"; do
        if read -r ordinary podpool ordinary_done podpool_done now <"$directory/$name"; then
            count ordinary "$name" "$ordinary" "$ordinary_done" "$now"
            count podpool "$name" "$podpool" "$podpool_done" "$now"
            asked[$name]=$now
        else
            no_answer "$name"
        fi
    done
    for app in "${apps[@]}"; do failed[$app]=$(frame "$app" | jq .errors); done
}

# --- what is shown -----------------------------------------------------------------------------------

head_line() {
    printf '\n        %-45sfailed   %-45sfailed\n        ' 'ordinary pool: sessions/transactions per s' \
        'podpool: sessions/transactions per s'
    printf '%-8s ' "${names[@]}"
    printf '         '
    printf '%-8s ' "${names[@]}"
    printf '\n'
}

# A pod that leaves has a star, one that isn't ready yet a dot; a dash is none.
cells() {
    local name sign
    for name in "${names[@]}"; do
        case ${state[$name]} in
            none) printf '%-8s ' - && continue ;;
            starting) sign=. ;;
            leaving) sign='*' ;;
            *) sign='' ;;
        esac
        printf '%-8s ' "${sessions["$1 $name"]}/${rate["$1 $name"]}$sign"
    done
    printf '%6d' "${failed[$1]}"
}

show_row() {
    local at name app
    at=$(($(milliseconds) - began))
    printf '%5d s %s   %s\n' "$((at / 1000))" "$(cells ordinary)" "$(cells podpool)"
    {
        printf '%d.%03d' "$((at / 1000))" "$((at % 1000))"
        for app in "${apps[@]}"; do
            printf '\t%d' "${failed[$app]}"
            for name in "${names[@]}"; do printf '\t%d' "${sessions["$app $name"]}"; done
        done
        printf '\n'
    } >>/tmp/samples
}

# rows_until SECONDS CONDITION...: rows until it holds; fails if it doesn't within so many seconds.
rows_until() {
    local end=$((SECONDS + $1))
    shift
    while true; do
        while (($(milliseconds) < next_row)); do sleep 0.1; done
        next_row=$(($(milliseconds) + pace * 1000))
        look
        show_row
        if "$@"; then return 0; fi
        if ((SECONDS >= end)); then return 1; fi
    done
}

# --- steps -------------------------------------------------------------------------------------------

# Pods that are ready: so many, and no others.
are_there() {
    local name ready=0
    for name in "${names[@]}"; do
        case ${state[$name]} in
            ready) ((ready += 1)) ;;
            starting | leaving) return 1 ;;
        esac
    done
    ((ready == $1))
}

# is_even COUNT: podpool's thirty sessions, on so many pods.
is_even() {
    local name
    are_there "$1" || return 1
    for name in "${names[@]}"; do
        if [[ ${state[$name]} != ready ]]; then continue; fi
        if [[ ${rate["podpool $name"]} == '?' ]] || ((sessions["podpool $name"] != 30 / $1)); then return 1; fi
    done
}

# are_others COUNT UID...: so many pods, and none of those.
are_others() {
    local count=$1 old name
    are_there "$count" || return 1
    for old in "${@:2}"; do
        for name in "${names[@]}"; do
            if [[ ${state[$name]} == ready && ${uid[$name]} == "$old" ]]; then return 1; fi
        done
    done
}

per_pod() {
    local name text=''
    for name in "${names[@]}"; do
        if [[ ${state[$name]} == ready ]]; then text+="${sessions["$1 $name"]} "; fi
    done
    echo "$text"
}

# max_over_mean COUNT...
max_over_mean() {
    awk '{ for (i = 1; i <= NF; ++i) { sum += $i; if ($i > max) max = $i }
        if (sum > 0) printf "%.2f", max * NF / sum; else printf "-" }' <<<"$*"
}

# begin NAME WORDS
begin() {
    step=$1
    step_began=$SECONDS
    for app in "${apps[@]}"; do failed_before[$app]=${failed[$app]}; done
    printf '%d.%03d\t%s\n' "$((($(milliseconds) - began) / 1000))" "$((($(milliseconds) - began) % 1000))" "$1" >>/tmp/steps
    printf '\n== %s\n' "$2"
    head_line
}

# end COUNT [UID...]: waits until there are so many pods, none of those, and podpool's sessions are even on them.
end() {
    local verdict=even pods_after even_after='-' app line
    rows_until "$patience" are_others "$@" || fail "the pods didn't become ready within $patience s"
    pods_after=$((SECONDS - step_began))
    if rows_until "$even_within" is_even "$1"; then
        even_after=$((SECONDS - step_began))
    else
        verdict='NOT EVEN'
        ended_well=0
    fi
    while ((SECONDS - step_began < at_least)); do rows_until 0 true; done
    printf -v line '%-18s %9s' "$step" "$pods_after s"
    for app in "${apps[@]}"; do
        # shellcheck disable=SC2046 # several counts
        printf -v line '%s   %-15s %8s %6d' "$line" "$(per_pod "$app")" "$(max_over_mean $(per_pod "$app"))" \
            "$((failed[$app] - failed_before[$app]))"
    done
    summary+=("$line   $verdict after $even_after s")
}

rules() {
    printf '\nkube-proxy (%s) on this Service, as it is:\n' "$mode"
    show_rules "$mode" | sed 's/^/  /'
}

set_up() {
    say 'the databases of examples/kubernetes'
    kubectl apply --filename examples/kubernetes/namespace.yaml >/dev/null
    examples/kubernetes/secrets.sh | kubectl create --filename - >/dev/null
    kubectl apply --filename examples/kubernetes/access.yaml --filename examples/kubernetes/postgres.yaml >/dev/null
    wait_until 'three databases are ready' are_ready 3
    read_password
    kubectl apply --filename tests/cluster/demo.yaml >/dev/null
    wait_until 'both applications run' both_run
    cat <<'TEXT'

Two applications, each the same program with 30 clients, each of which runs a statement of 0.2 s again and again, on the
same name db-r.shop, which is a Service with a cluster IP:
  ordinary pool   30 connections to the cluster IP, kept until they break, opened again then (podpool by DNS, which is the
                  one address, with its moves, totals and renewals off: what an ordinary pool does)
  podpool         30 connections, pool_discovery=kubernetes, nothing else set
Sessions and transactions are what each PostgreSQL counts itself (pg_stat_activity, pg_stat_database: more than one for a
statement), failures what the applications count: a failed statement, or no connection for it.
A star is a pod that shuts down, a dot one that isn't ready, a question mark a server that was too busy to be asked.
TEXT
}

has_load() { frame "$1" | jq -e '.queries_per_second > 0'; }

both_run() { has_load ordinary && has_load podpool; }

uids() { for name in "${names[@]}"; do if [[ ${state[$name]} == ready ]]; then echo "${uid[$name]}"; fi; done; }

tell() {
    local old
    begin 'three pods' 'three pods'
    end 3
    rules
    begin 'scaled to five' 'kubectl scale statefulset/db --replicas 5'
    "${shop[@]}" scale statefulset/db --replicas 5 >/dev/null
    end 5
    rules
    begin 'a pod deleted' 'kubectl delete pod db-2'
    old=${uid[db-2]}
    "${shop[@]}" delete pod db-2 --wait=false >/dev/null
    end 5 "$old"
    begin 'rolling restart' 'kubectl rollout restart statefulset/db'
    mapfile -t old < <(uids)
    "${shop[@]}" rollout restart statefulset/db >/dev/null
    end 5 "${old[@]}"
}

summarize() {
    printf '\n%-28s   %-31s   %-31s\n' '' 'ordinary pool, by the cluster IP' 'podpool'
    printf '%-18s %9s   %-15s %8s %6s   %-15s %8s %6s\n' '' 'ready in' 'sessions' max/mean failed 'sessions' max/mean failed
    printf '%s\n' "${summary[@]}"
    printf '\nfailed statements: %d with the ordinary pool, %d with podpool\n' "${failed[ordinary]}" "${failed[podpool]}"
    if ((failed[podpool] > 0)); then
        "${shop[@]}" logs podpool --tail 1 >&2
        ended_well=0
    fi
}

set_up
rm -f /tmp/samples /tmp/steps
began=$(milliseconds)
tell
summarize
((ended_well))
