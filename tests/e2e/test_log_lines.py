"""What the programs say of events is about events; never what lies in them, nor what opens doors."""
from system import System, request, wait_for

PAYLOAD, SECRET, TOKEN = "marzipan-secret-7731", "no-such-token-4410", "console-token-9902"
FOLLOWED = {"traceparent": f"00-{7:032x}-{7:016x}-01"}


def test_no_line_holds_a_payload_or_a_secret(tmp_path):
    with System(tmp_path, LOG_LEVEL="debug", TRACE_SAMPLE_PERCENT="100", PRODUCER_TOKEN=TOKEN) as system:
        note = {"id": 1, "note": PAYLOAD}
        first = system.post({"type": "order", "data": note}, FOLLOWED | {"Idempotency-Key": "once"})
        assert first.status == 200, first
        # A dead letter, a refused event, broken JSON, a wrong token, a file with a reject: all are told of.
        system.post({"type": "order", "data": note | {"total": 2}}, FOLLOWED | {"Idempotency-Key": "once"})
        assert system.post({"type": "order", "data": PAYLOAD}, FOLLOWED).status == 422
        assert system.post(f'{{"type": "order", "data": "{PAYLOAD}').status == 400
        assert request("POST", system.producer + "/produce", {"type": "order", "data": note},
                       {"Authorization": f"Bearer {SECRET}"}).status == 401
        request("PUT", system.url + "/bucket/orders.json", f'[{{"id": 2, "note": "{PAYLOAD}"}}, "{PAYLOAD}"]')
        wait_for(lambda: (found := system.settled_ledger())["totals"]["dead_lettered"] == 1
                 and found["totals"]["indexed"] == 2, "documents and dead letter")
        log = system.log_text()
    assert "becomes a dead letter" in log and "was indexed" in log, log[-3000:]
    for word in (PAYLOAD, SECRET, TOKEN):
        assert word not in log, [line for line in log.splitlines() if word in line][:3]
