#!/usr/bin/env bash
# `./dev up`: starts the whole system, feeds the sample files through both entry paths the first
# time, shows what came of it, and stays until Ctrl-C.
set -euo pipefail

# Whatever ends this script, a signal at any moment too, ends with what it started having ended.
stop() {
    set +e
    trap '' INT TERM HUP
    local running
    running=$(jobs -rp)
    [ -n "$running" ] || return
    printf '\nStopping; the next ./dev up goes on where this one was.\n'
    # Three times: a process that has only just been made may miss the first.
    { for _ in 1 2 3; do kill -TERM $running && sleep 0.1; done; } 2>/dev/null &
    wait
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

bin=$1
shift
samples=$(cd "$(dirname "$0")/../../samples" && pwd)
export DATA_DIR=${DATA_DIR:-data}
export PORT=${PORT:-8080}
host=${LISTEN_ADDRESS:-127.0.0.1}
case $host in
    0.0.0.0 | ::) host=127.0.0.1 ;;
    *:*) host="[$host]" ;;
esac
url=http://$host:$PORT
t="$bin/tributary"

# A signal interrupts `wait`, but not a command in the foreground. Such a command is short, or is
# run by this.
run() {
    "$@" &
    wait $!
}

end_with_system() {
    wait "$system" && exit 0 || exit $?
}

# In a process group of its own: Ctrl-C is for this script, which ends the commands that talk to the
# system together with it. Otherwise they would complain that it is gone.
set -m
"$t" up "$@" &
system=$!
set +m
for _ in $(seq 300); do
    kill -0 "$system" 2>/dev/null || end_with_system
    run "$t" status --url "$url" --quiet 2>/dev/null && break
    run sleep 0.1
done
run "$t" status --url "$url"

# What is in the bucket already is the system's to import; sent again, an event stays the same one.
feed() {
    local file files=()
    for file in "$samples"/{products.json,orders.json,suppliers.ndjson,orders-with-errors.json}; do
        [ -e "$DATA_DIR/bucket/samples/${file##*/}" ] || files+=("$file")
    done
    printf '\nFeeding the samples: files through the bucket (one has bad items on purpose) …\n'
    [ ${#files[@]} -eq 0 ] || run "$t" upload --url "$url" --prefix samples/ "${files[@]}" ||
        [ $? -eq 1 ]
    printf '… and events through the API\n'
    run "$t" send --url "$url" --file "$samples/events.ndjson"
    touch "$DATA_DIR/samples-fed"
}
[ -e "$DATA_DIR/samples-fed" ] || feed

# The Consumer commits once a second: until then the ledger calls events in flight.
for _ in $(seq 100); do
    kill -0 "$system" 2>/dev/null || end_with_system
    "$t" ledger --url "$url" --json | grep -q '"totals":{[^}]*"in_flight":0' && break
    run sleep 0.1
done
printf '\nThe newest documents:\n'
run "$t" search --url "$url" --size 10
printf '\nThe ledger:\n'
run "$t" ledger --url "$url" || [ $? -eq 1 ]
cat <<TEXT

Tributary is running.
  Console    $url/
  Gateway    $url/events    (POST)    $url/bucket/<file>    (PUT)
  Producer   http://$host:$((PORT + 1))/docs
  Consumer   http://$host:$((PORT + 2))/metrics
  Bucket     $DATA_DIR/bucket/    (a file put there is imported)

Try:  curl -XPOST $url/events -d '{"type":"order","data":{"id":10248,"total":440}}'
      $t trace <id>
Ctrl-C stops everything; the next ./dev up goes on where this one was.
TEXT
end_with_system
