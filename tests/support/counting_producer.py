"""A Producer that takes millions of events and counts them.

    with CountingProducer(events, bytes_per_second) as producer:
        ... PRODUCER_URL=producer.url ...
        producer.check()                  # every event came, each with one id of its own
        producer.received, producer.again

Its events are those of a file that write_numbered_orders made.
"""
import array
import re
import threading
import time

from stand_in import Handler, StandIn


def write_numbered_orders(file, size):
    """A JSON array of about `size` bytes; returns how many items it holds."""
    note = "carefully packed and sent " * 22
    count, piece = size // (len(note) + 40), 10_000  # 40: the least of what is around the note.
    with open(file, "w") as out:
        out.write("[\n")
        for begin in range(0, count, piece):
            numbers = range(begin, min(begin + piece, count))
            out.write(",\n".join('{"id":"O-%d","seq":%d,"note":"%s"}' % (n, n, note)
                                 for n in numbers))
            out.write("\n]" if numbers[-1] == count - 1 else ",\n")
    return count


class CountingProducer(StandIn):
    """Says yes to every event, and keeps for each the id that it came with, by the number `seq` in
    its data. `bytes_per_second` is how fast it takes them from each client."""

    EVENT = re.compile(rb'"id":"([0-9a-f-]{36})","source":"[^"]*","type":"([a-z]+)".*?"seq":(\d+)')

    def __init__(self, events, bytes_per_second):
        super().__init__(_Handler)
        self.ids = array.array("Q", bytes(8 * events))  # The first half of each id; 0: not seen.
        self.received, self.again, self.contradictions = 0, 0, 0
        self.bytes_per_second = bytes_per_second
        self.lock = threading.Lock()

    def take(self, body):
        """The receipts of a batch."""
        with self.lock:
            receipts = []
            for event_id, kind, number in self.EVENT.findall(body):
                at, half = int(number), int(event_id[:18].replace(b"-", b""), 16)
                self.again += self.ids[at] == half
                self.contradictions += self.ids[at] not in (0, half)
                self.ids[at] = half
                receipts.append('{"id":"%s","type":"%s","topic":"t","partition":0,"offset":%d}' %
                                (event_id.decode(), kind.decode(), self.received))
                self.received += 1
            return '{"receipts":[' + ",".join(receipts) + "]}"

    def check(self):
        assert self.ids.count(0) == 0, f"{self.ids.count(0)} events never came"
        assert self.contradictions == 0, f"{self.contradictions} events came again with another id"
        assert len(set(self.ids)) == len(self.ids), "events have one id together"
        assert self.received - self.again == len(self.ids)


class _Handler(Handler):
    def do_POST(self):
        producer, begun, body = self.server.owner, time.monotonic(), self.body()
        receipts = producer.take(body).encode()
        # The speed of this Producer; nothing is waited for.
        time.sleep(max(0, begun + len(body) / producer.bytes_per_second - time.monotonic()))
        self.answer(200, receipts, {"Content-Type": "application/json"})
