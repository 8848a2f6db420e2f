"""A queue that hands its messages to a function by the rules of SQS and of Lambda's trigger on it.

    with SqsQueue(visibility_timeout=18, max_receive_count=100) as queue:
        ... AWS_ENDPOINT_URL_SQS=queue.url ...
        queue.send(json.dumps(notification))
        while delivery := queue.receive():
            queue.settle(delivery, function.api.invoke(delivery.event, limit=3))

A message that was received is hidden for the visibility timeout, or for what the function asks with
ChangeMessageVisibility; then it may be received again, with a receive count that is one higher and a
new handle. A handle of an earlier receive moves nothing any more. What comes back after
`max_receive_count` receives goes to `dead`. Nothing is ever received for any other reason. Where every
message is hidden, `receive` puts the queue's clock forward instead of waiting.
"""
import dataclasses
import json
import threading
import time
import uuid

from stand_in import Handler, StandIn

ACCOUNT, NAME = "123456789012", "uploads"
ARN = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:{NAME}"
MAX_VISIBILITY = 43_200


@dataclasses.dataclass
class Message:
    body: str
    id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    handle: str = ""
    receives: int = 0
    visible_at: float = 0
    was_given_back: bool = False  # Since its last receive.


@dataclasses.dataclass
class Delivery:
    """One receive of a message, as Lambda tells it to the function."""
    message_id: str
    handle: str
    event: dict


class SqsQueue(StandIn):
    def __init__(self, visibility_timeout, max_receive_count):
        super().__init__(_Handler)
        self.visibility_timeout, self.max_receive_count = visibility_timeout, max_receive_count
        self.messages, self.dead, self.lock = {}, [], threading.Lock()
        self.put_forward = 0   # Seconds by which the queue's clock is ahead.
        self.expiries = 0      # Receives because a visibility timeout had passed.
        self.given_back = 0    # Changes of a message's visibility.
        self.refusals = []     # Handles that were good for nothing.
        self.is_closed_to_changes = False

    def now(self):
        return time.monotonic() + self.put_forward

    def send(self, body):
        message = Message(body)
        with self.lock:
            self.messages[message.id] = message
        return message

    def receive(self):
        """The message that has been visible for the longest time; None where none is left."""
        with self.lock:
            while self.messages:
                message = min(self.messages.values(), key=lambda each: each.visible_at)
                self.put_forward += max(0, message.visible_at - self.now())
                if message.receives < self.max_receive_count:
                    self.expiries += message.receives > 0 and not message.was_given_back
                    return self._receive(message)
                self.dead.append(self.messages.pop(message.id))
            return None

    def receive_again(self, delivery):
        """The same message once more though it is hidden: standard queues may do that."""
        with self.lock:
            return self._receive(self.messages[delivery.message_id])

    def _receive(self, message):
        message.receives += 1
        message.handle, message.was_given_back = str(uuid.uuid4()), False
        message.visible_at = self.now() + self.visibility_timeout
        return Delivery(message.id, message.handle, {"Records": [{
            "messageId": message.id, "receiptHandle": message.handle, "body": message.body,
            "attributes": {"ApproximateReceiveCount": str(message.receives)},
            "eventSource": "aws:sqs", "eventSourceARN": ARN, "awsRegion": "eu-central-1"}]})

    def settle(self, delivery, outcome):
        """Deletes the message unless the function failed, or named it among batchItemFailures."""
        if outcome.kind != "response" or outcome.is_late:
            return
        failures = (outcome.json or {}).get("batchItemFailures") or []
        if delivery.message_id not in [failure["itemIdentifier"] for failure in failures]:
            with self.lock:
                message = self.messages.get(delivery.message_id)
                if message and message.handle == delivery.handle:
                    del self.messages[message.id]

    def change_visibility(self, handle, seconds):
        """Whether the handle is that of a message in flight."""
        with self.lock:
            in_flight = [message for message in self.messages.values()
                         if message.handle == handle and message.visible_at > self.now()]
            if not in_flight or not 0 <= seconds <= MAX_VISIBILITY:
                self.refusals.append(handle)
                return False
            [message] = in_flight
            message.visible_at = self.now() + seconds
            message.was_given_back = True
            self.given_back += 1
            return True


class _Handler(Handler):
    def do_POST(self):
        queue, asked = self.server.owner, json.loads(self.body())
        if queue.is_closed_to_changes:
            return self.answer(403, {"__type": "AccessDeniedException"})
        if self.headers.get("X-Amz-Target") != "AmazonSQS.ChangeMessageVisibility":
            return self.answer(400, {"__type": "UnsupportedOperation"})
        if asked["QueueUrl"] != f"{queue.url}/{ACCOUNT}/{NAME}":
            return self.answer(400, {"__type": "QueueDoesNotExist"})
        if not queue.change_visibility(asked["ReceiptHandle"], asked["VisibilityTimeout"]):
            return self.answer(400, {"__type": "MessageNotInflight"})
        return self.answer(200, {})
