"""Thousands of dead letters at once, through the command line."""
import http.server
import json
import subprocess
import threading

from system import BIN, System, request, wait_for

LETTERS = 3_000


def produce(system, total):
    """Events of the same ids, with a content that `total` makes another one."""
    events = "\n".join(json.dumps({"type": "order", "id": f"o-{number}",
                                   "data": {"id": number, "total": total}})
                       for number in range(LETTERS))
    answer = request("POST", system.producer + "/produce", events,
                     {"Content-Type": "application/x-ndjson"})
    assert answer.status == 200, answer


def test_every_letter_of_thousands_is_redriven_and_the_command_says_how_far_it_is(tmp_path):
    with System(tmp_path) as system:
        for total in (1, 2):
            produce(system, total)
        ledger = wait_for(lambda: (found := system.settled_ledger())["totals"]["dead_lettered"] == LETTERS
                          and found, "a letter of each event")
        assert ledger["balanced"], ledger
        done = system.cli("dlq", "redrive", "--all", "--json", "--url", system.url)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert (report["done"], report["left"], report["failed"]) == (LETTERS, 0, 0)
        # Where it took more than one answer, each but the last said so.
        lines = [line.split() for line in done.stderr.splitlines()]
        assert all(line[1::2] == ["done,", "left"] for line in lines), done.stderr
        assert [int(line[0]) for line in lines] == sorted({int(line[0]) for line in lines})
        # Their ids are taken still: each comes back as another letter, and nothing was lost.
        after = wait_for(lambda: (found := system.settled_ledger())["totals"]["dead_lettered"] == 2 * LETTERS
                         and found, "the letters of the second try")
        assert after["balanced"], after


class Pages(http.server.BaseHTTPRequestHandler):
    """A console that ends after each letter of an order; the letters in `left` are to come."""

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.orders.append(order)
        letter = self.server.left.pop(0)
        body = json.dumps({"done": 1, "planned": 0, "refused": 0, "failed": 0, "left": len(self.server.left),
                           "outcomes": [{"letter": letter, "outcome": "done"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_an_order_that_takes_several_answers_is_asked_for_until_nothing_is_left():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as console:
        console.left, console.orders = ["orders-0-1", "orders-0-2", "orders-0-3"], []
        thread = threading.Thread(target=console.serve_forever)
        thread.start()
        try:
            done = subprocess.run([BIN / "tributary", "dlq", "redrive", "--all", "--url",
                                   f"http://127.0.0.1:{console.server_port}"],
                                  capture_output=True, text=True, timeout=60)
        finally:
            console.shutdown()
            thread.join()
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == ["1 done, 2 left", "2 done, 1 left"]
    assert [line.split()[:2] for line in done.stdout.splitlines()[:3]] == [
        ["done", f"orders-0-{number}"] for number in (1, 2, 3)]
    assert len(console.orders) == 3
