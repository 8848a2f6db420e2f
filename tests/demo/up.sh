#!/usr/bin/env bash
# `./dev up`: starts the whole system, feeds the sample files through both entry paths the first
# time, shows what came of it, and stays until Ctrl-C.
set -euo pipefail
bin=$1
shift
samples=$(cd "$(dirname "$0")/../../samples" && pwd)
export DATA_DIR=${DATA_DIR:-data}
export PORT=${PORT:-8080}
url=http://127.0.0.1:$PORT
t="$bin/tributary"

"$t" up "$@" &
system=$!
# Ctrl-C reaches the system as well, which stops its parts in order; this only waits for it.
trap 'kill -TERM $system 2>/dev/null || true' TERM
trap ':' INT
stop_with() {
    kill -TERM $system 2>/dev/null || true
    wait $system || true
    exit "$1"
}

for _ in $(seq 300); do
    kill -0 $system 2>/dev/null || { wait $system; exit $?; }
    "$t" status --url "$url" --quiet 2>/dev/null && break
    sleep 0.1
done
"$t" status --url "$url" || stop_with 1

if [ ! -e "$DATA_DIR/bucket/reports/samples" ]; then
    printf '\nFeeding the samples: events through the API …\n'
    "$t" send --url "$url" --file "$samples/events.ndjson" || stop_with 1
    printf '… and files through the bucket (one of them has bad items on purpose)\n'
    "$t" upload --url "$url" --prefix samples/ "$samples"/products.json "$samples"/orders.json \
        "$samples"/suppliers.ndjson "$samples"/orders-with-errors.json || true
fi

# The Consumer commits once a second: until then the ledger calls events in flight.
for _ in $(seq 100); do
    "$t" ledger --url "$url" --json | grep -q '"totals":{[^}]*"in_flight":0' && break
    sleep 0.1
done
printf '\nThe newest documents:\n'
"$t" search --url "$url" --size 10
printf '\nThe ledger:\n'
"$t" ledger --url "$url" || true
cat <<TEXT

Tributary is running.
  Console    $url/
  Gateway    $url/events    (POST)    $url/bucket/<file>    (PUT)
  Producer   http://127.0.0.1:$((PORT + 1))/docs
  Consumer   http://127.0.0.1:$((PORT + 2))/metrics
  Bucket     $DATA_DIR/bucket/    (a file put there is imported)

Try:  curl -XPOST $url/events -d '{"type":"order","data":{"id":10248,"total":440}}'
      $t trace <id>
Ctrl-C stops everything; the next ./dev up goes on where this one was.
TEXT
# A signal interrupts the wait: wait again, until the system has stopped.
while kill -0 $system 2>/dev/null; do wait $system || true; done
