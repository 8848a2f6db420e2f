"""A Producer that takes everything, for tests that are about its clients.

    with FakeProducer() as producer:      # tls=ssl.SSLContext for https
        ... PRODUCER_URL=producer.url ...
        producer.events                   # all that were accepted, in their order
        producer.token = "secret"         # from now on others get 401
        producer.hold()                   # from now on answers wait for release()
"""
import json
import threading

from stand_in import Handler, StandIn


class _Handler(Handler):
    def do_POST(self):
        producer, body = self.server.owner, self.body()
        producer.is_open.wait(60)
        with producer.lock:
            producer.requests += 1
            status, answer = producer.answer_to(body, self.headers.get("Authorization"))
        self.answer(status, answer)


class FakeProducer(StandIn):
    def __init__(self, **options):
        super().__init__(_Handler, **options)
        self.lock, self.is_open = threading.Lock(), threading.Event()
        self.is_open.set()
        self.events, self.requests, self.token = [], 0, ""
        self.keeps = True       # whether `events` grows: false for millions of them
        self.refuses = False    # every item is invalid
        self.count = 0

    def __exit__(self, *_):
        self.release()
        super().__exit__()

    def hold(self):
        self.is_open.clear()

    def release(self):
        self.is_open.set()

    def answer_to(self, body, authorization):
        if self.token and authorization != f"Bearer {self.token}":
            return 401, {"type": "/problems/unauthorized", "title": "Unauthorized", "status": 401,
                         "detail": "Another token is expected.", "retry_safe": False}
        items = json.loads(body)
        if self.refuses:
            return 422, {"results": [
                {"type": "/problems/invalid-event", "title": "Invalid", "status": 422,
                 "detail": "Every event is refused.", "id": item["id"], "retry_safe": False}
                for item in items]}
        receipts = []
        for item in items:
            if self.keeps:
                self.events.append(item)
            receipts.append({"id": item["id"], "type": item["type"], "topic": item["type"] + "s",
                             "partition": 0, "offset": self.count})
            self.count += 1
        return 200, {"receipts": receipts}
