"""lambda_s3 behind a queue, where one invocation is too short for a file."""
import json

import pytest

from counting_producer import CountingProducer
from fake_s3 import FakeS3
from function import Function, notification
from sqs_queue import SqsQueue

LIMIT = 3
VISIBILITY = 6 * LIMIT
TRIES = 100
GOOD, BAD_EVERY = 90_000, 1_000
INVOCATIONS = 5   # About as many as the Producer's speed makes of the file.
KEY = "orders.ndjson"


def a_file():
    """Numbered orders, and in between lines that are no events."""
    note = "carefully packed and sent " * 20
    lines = []
    for number in range(GOOD):
        lines.append('{"id":"O-%d","seq":%d,"note":"%s"}' % (number, number, note))
        if number % BAD_EVERY == 0:
            lines.append(f"order {number} is missing")
    return "\n".join(lines).encode()


class World:
    """S3 with the file in it, its notification in a queue, and a Producer that takes its time."""

    def __init__(self, folder):
        self.folder, content = folder, a_file()
        self.s3 = FakeS3({"uploads": {KEY: {"v1": content}}}, versioned={"results"})
        self.queue = SqsQueue(VISIBILITY, TRIES)
        # Half of the limit is kept back to end in time; an event is half as large again as its item.
        self.producer = CountingProducer(GOOD, 1.5 * len(content) / (INVOCATIONS * LIMIT / 2))
        self.message = self.queue.send(json.dumps(notification(KEY, version="v1")))
        self.parts = (self.s3, self.queue, self.producer)

    def __enter__(self):
        for part in self.parts:
            part.__enter__()
        return self

    def __exit__(self, *_):
        for part in self.parts:
            part.__exit__()

    def function(self, **settings):
        return Function("lambda_s3", self.folder, **{
            "PRODUCER_URL": self.producer.url, "AWS_ENDPOINT_URL_S3": self.s3.url,
            "AWS_ENDPOINT_URL_SQS": self.queue.url, "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "key", "RESULTS_BUCKET": "results", **settings})

    def check_that_each_item_counts_once(self):
        self.producer.check()
        [report] = [json.loads(self.s3.newest("results", key))
                    for key in self.s3.keys("results", "reports/")]
        bad = [number + number // BAD_EVERY + 1 for number in range(0, GOOD, BAD_EVERY)]
        assert (report["status"], report["read"], report["accepted"], report["rejected"]) == (
            "complete", GOOD + len(bad), GOOD, len(bad)), report
        rejects = [json.loads(line)["index"] for part in report["parts"]
                   for line in self.s3.newest("results", part).splitlines()]
        assert rejects == bad
        assert not self.queue.messages and not self.queue.dead


@pytest.fixture
def world(tmp_path):
    with World(tmp_path) as running:
        yield running


@pytest.mark.parametrize("may_give_back", [True, False], ids=["given-back", "hidden-until-the-timeout"])
def test_a_file_that_outlasts_the_limit_is_finished_as_the_queue_redelivers_it(world, may_give_back):
    world.queue.is_closed_to_changes = not may_give_back
    deliveries = 0
    with world.function() as function:
        while delivery := world.queue.receive():
            outcome = function.api.invoke(delivery.event, LIMIT)
            assert outcome.kind == "response" and not outcome.is_late, outcome
            world.queue.settle(delivery, outcome)
            deliveries += 1
        assert not function.api.self_invocations, "the queue alone calls the function"
    print(f"{deliveries} deliveries, {world.producer.again} of {GOOD} events sent again")
    assert deliveries >= 3
    assert world.message.receives == deliveries
    assert world.queue.expiries == (0 if may_give_back else deliveries - 1)
    world.check_that_each_item_counts_once()


def test_two_deliveries_at_once_do_no_harm(world):
    """Standard queues deliver a message more than once, also while it is being worked on."""
    with world.function() as one, world.function() as other:
        while first := world.queue.receive():
            second = world.queue.receive_again(first)
            answers = [(first, one.api.submit(first.event, LIMIT)),
                       (second, other.api.submit(second.event, LIMIT))]
            for delivery, answer in answers:
                outcome = answer.result(60)
                assert outcome.kind == "response" and not outcome.is_late, outcome
                world.queue.settle(delivery, outcome)
    print(f"{world.message.receives} deliveries, {world.producer.again} of {GOOD} events sent again")
    assert world.producer.again > GOOD // 4, "the two never worked on the same items"
    assert world.queue.refusals, "the handle of a delivery that is not the last is worth nothing"
    world.check_that_each_item_counts_once()


def test_tries_without_progress_are_few_and_end_in_the_dead_letters(world):
    world.queue.max_receive_count = 3
    with world.function(PRODUCER_URL="http://127.0.0.1:1") as function:
        deliveries = 0
        while delivery := world.queue.receive():
            world.queue.settle(delivery, function.api.invoke(delivery.event, LIMIT))
            deliveries += 1
    assert deliveries == 3 and [message.id for message in world.queue.dead] == [world.message.id]
    assert world.queue.expiries == 2, "nothing was gained by trying again at once"
    assert world.producer.received == 0 and not world.s3.keys("results", "reports/")
