"""A fast load for the Producer: numbered events in large batches over kept connections.

    with Stream(system) as stream:
        stream.wait_for_progress(10_000)
    stream.accepted      # numbers for which a receipt came

Each batch is sent until every event in it is accepted, with the same ids: an unknown fate, a refusal
and a cut connection are retried. Variants write the same numbers in other ways (see below).
"""
import collections
import datetime
import http.client
import itertools
import json
import random
import statistics
import threading
import time
import urllib.parse
import uuid

from system import wait_for

RUN = uuid.uuid4().hex[:8]  # A stack that is kept knows the ids of earlier runs.
KINDS = ("order", "product", "supplier")
TRICKLE = 10  # Events in a batch, and batches a second and connection, once the budget is used up.
RANGE = 1_000_000  # Of each thread's numbers.
SPAN = 2  # Seconds.
ENTITIES = 51      # Of each thread; a multiple of the kinds, so that an entity is of one kind.


def entity(number):
    """One thread sends all events of an entity, each batch after the one before was accepted: so
    their numbers are the order in which they were sent."""
    return f"e{number // RANGE}-{number % ENTITIES}"


def plain(number):
    """One event. Its number stands in `data`: the id alone could never be there twice."""
    return (f'{{"type":"{KINDS[number % 3]}","id":"{RUN}-{number}",'
            f'"data":{{"id":"{entity(number)}","seq":{number},"note":"an event of the load"}}}}')


class Stream:
    """`write(number)` writes an event; `copies` is how often each batch is sent, in another order
    each time. No more than `rate` events a second, and a trickle once `budget` events were sent: a
    long fault or a slow machine shall not make a backlog of hours."""
    first_numbers = itertools.count(0, 100 * RANGE)  # More than any stream has threads.

    def __init__(self, system, write=plain, copies=1, threads=3, batch=500, rate=6000,
                 budget=RANGE, seed=7, deadline=60):
        self.address = urllib.parse.urlsplit(system.producer).netloc
        self.write, self.copies, self.batch, self.deadline = write, copies, batch, deadline
        self.random = random.Random(seed)
        self.first = next(Stream.first_numbers)
        self.accepted, self.attempted = set(), set()
        self.statuses = {}  # Answers by status; 0: none came.
        self.retry_after_missing = 0
        self.spans = collections.Counter()  # Accepted events by span of the load.
        self.slowest_answer = 0.0
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.interval = threads * batch / rate
        self.budget = budget
        self.threads = [threading.Thread(target=self._run, args=[self.first + i * RANGE], daemon=True)
                        for i in range(threads)]

    def __enter__(self):
        self.since = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.begun = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(self.deadline + 10)
        self.seconds = time.monotonic() - self.begun
        assert not any(thread.is_alive() for thread in self.threads), "the load did not end"

    @property
    def accepted_per_second(self):
        return len(self.accepted) / self.seconds

    @property
    def busy_per_second(self):
        """The median rate of all spans in which more than the trickle was accepted: neither the
        standstill that a fault makes nor what comes after the budget."""
        trickle = TRICKLE * TRICKLE * len(self.threads)
        busy = [rate for rate in (count / SPAN for count in self.spans.values()) if rate > 2 * trickle]
        return statistics.median(busy) if busy else self.accepted_per_second

    def wait_for_progress(self, events, deadline=300):
        goal = len(self.accepted) + events
        wait_for(lambda: len(self.accepted) >= goal, f"{events} more accepted events", deadline)

    def _run(self, number):
        connection = http.client.HTTPConnection(self.address, timeout=self.deadline)
        due, first = time.monotonic(), number
        while not self.stopping.is_set():
            self.stopping.wait(max(0, due - time.monotonic()))
            is_full = number - first < self.budget / len(self.threads)
            interval = self.interval if is_full else 1 / TRICKLE
            due = max(due, time.monotonic() - interval) + interval
            numbers = list(range(number, number + (self.batch if is_full else TRICKLE)))
            number += len(numbers)
            with self.lock:
                self.attempted.update(numbers)
            for _ in range(self.copies):
                if self.copies > 1:
                    self.random.shuffle(numbers)
                self._send_until_accepted(connection, numbers)
        connection.close()

    def _send_until_accepted(self, connection, numbers):
        while not self.stopping.is_set():
            status, accepted = self._send(connection, numbers)
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
                self.accepted.update(accepted)
                self.spans[int((time.monotonic() - self.begun) / SPAN)] += len(accepted)
            if status == 200:
                return
            self.stopping.wait(0.1)

    def _send(self, connection, numbers):
        """The answer's status and the numbers that it accepts; 0 when no answer came."""
        body = "[" + ",".join([self.write(number) for number in numbers]) + "]"
        begun = time.monotonic()
        try:
            connection.request("POST", "/produce", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 0, ()
        self.slowest_answer = max(self.slowest_answer, time.monotonic() - begun)
        if response.status == 503 and not response.headers.get("Retry-After"):
            self.retry_after_missing += 1
        if response.status == 200:
            return 200, numbers
        if response.status != 207:
            return response.status, ()
        results = json.loads(content)["results"]
        return 207, [n for n, result in zip(numbers, results) if "topic" in result]


# Events that the index refuses for good: an object where a number is mapped.
def one_percent_rejected(number):
    if number % 100:
        return plain(number)
    field = {"order": "total", "product": "price", "supplier": "balance"}[KINDS[number % 3]]
    return (f'{{"type":"{KINDS[number % 3]}","id":"{RUN}-{number}",'
            f'"data":{{"id":"{entity(number)}","seq":{number},"{field}":{{"is":"no number"}}}}}}')


def is_rejected(number):
    return number % 100 == 0


# Two numbers share an id, one pair in forty: the second is other content under a used id.
def reused_ids(number):
    return plain(number).replace(f'"id":"{RUN}-{number}"', f'"id":"{RUN}-{owner(number)}"')


def owner(number):
    """The number whose id an event bears: one of the same type, in an earlier batch."""
    return number - 600 if number % 1200 >= 600 and number % 20 == 0 else number
