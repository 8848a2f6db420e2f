"""The sequence-number checker: 0 accepted events lost, none twice.

Every generated event carries its own sequence number in `data`, and the checker counts by it over
the documents and the dead letters; never by `_id`, which cannot be there twice.
"""
import collections
import itertools
import json
import threading

from system import request


class Load:
    """Posts events to the Producer from several threads, until stopped; remembers what was accepted.
    An unknown fate or a refused connection is retried with the same id until it is answered. `first`:
    the number that the events begin with, above those of earlier loads on the same system."""

    def __init__(self, system, threads=4, batch=20, first=0):
        self.system, self.batch, self.first = system, batch, first
        self.numbers = itertools.count(first)
        self.accepted, self.attempted = {}, set()
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    def _run(self):
        kinds = ("order", "product", "supplier")
        while not self.stopping.is_set():
            with self.lock:
                numbers = [next(self.numbers) for _ in range(self.batch)]
                self.attempted.update(numbers)
            events = [{"type": kinds[n % 3], "id": f"seq-{n}", "data": {"id": f"e{n % 50}", "seq": n}}
                      for n in numbers]
            body = json.dumps(events)
            while not self.stopping.is_set():
                try:
                    answer = request("POST", self.system.producer + "/produce", body,
                                     {"Content-Type": "application/json"}, timeout=10)
                except OSError:
                    self.stopping.wait(0.05)
                    continue
                if answer.status == 200:
                    with self.lock:
                        for number, receipt in zip(numbers, answer.json["receipts"]):
                            self.accepted[number] = receipt
                    break
                self.stopping.wait(0.05)


def check(system, load):
    """Asserts that every accepted number is there once, and says everything that is wrong; returns
    the ledger's totals."""
    ledger = system.settled_ledger(120)
    seen = collections.Counter(d["data"]["seq"] for d in system.all_events()
                               if d["data"].get("seq", -1) >= load.first)
    letters = system.all_events(type="dead-letter")
    lost = sorted(set(load.accepted) - set(seen))
    twice = sorted(n for n, times in seen.items() if times > 1)
    foreign = sorted(set(seen) - load.attempted)
    wrong = [
        lost and f"{len(lost)} accepted events are lost: {lost[:10]}",
        twice and f"{len(twice)} events are there twice: {twice[:10]}",
        foreign and f"{len(foreign)} documents that nobody sent: {foreign[:10]}",
        letters and f"{len(letters)} dead letters: {letters[:3]}",
        not ledger["balanced"] and f"the ledger is not balanced: {ledger['totals']}"]
    assert not any(wrong), "; ".join(filter(None, wrong))
    return ledger["totals"]
