"""Thousands of dead letters at once, through the command line."""
import json
import subprocess

from stand_in import Handler, StandIn
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


class _Handler(Handler):
    def do_POST(self):
        console = self.server.owner
        console.orders.append(json.loads(self.body()))
        letter = console.left.pop(0)
        self.answer(200, {"done": 1, "planned": 0, "refused": 0, "failed": 0, "left": len(console.left),
                          "outcomes": [{"letter": letter, "outcome": "done"}]})


class Pages(StandIn):
    """A console that ends after each letter of an order; the letters in `left` are to come."""

    def __init__(self, *letters):
        super().__init__(_Handler)
        self.left, self.orders = list(letters), []


def test_an_order_that_takes_several_answers_is_asked_for_until_nothing_is_left():
    with Pages("orders-0-1", "orders-0-2", "orders-0-3") as console:
        done = subprocess.run([BIN / "tributary", "dlq", "redrive", "--all", "--url", console.url],
                              capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == ["1 done, 2 left", "2 done, 1 left"]
    assert [line.split()[:2] for line in done.stdout.splitlines()[:3]] == [
        ["done", f"orders-0-{number}"] for number in (1, 2, 3)]
    assert len(console.orders) == 3
