"""The Lambda Runtime API as one instance of a function sees it.

    with RuntimeApi() as api:
        process = subprocess.Popen([bootstrap], env={"AWS_LAMBDA_RUNTIME_API": api.address, …})
        outcome = api.invoke({...})      # -> Outcome("response" | "error", body)
        api.invoke(..., limit=3)         # the seconds that the function is told it has

Events are handed out one by one, and an event's time begins then. What the function asks Lambda to
invoke it with is kept in `self_invocations`, and goes no further. Nothing but the standard library,
so that LocalStack's Python can use it, too.
"""
import concurrent.futures
import json
import queue
import re
import time
import uuid
from dataclasses import dataclass

from stand_in import Handler, StandIn

ARN = "arn:aws:lambda:eu-central-1:1:function:f"
TRACE = "Root=1-5e1b4151-43a0913a1234567890123456;Sampled=0"


@dataclass
class Outcome:
    kind: str
    body: str
    is_late: bool  # It came after the deadline; Lambda would have ended the instance.

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Invocation:
    """An event on its way."""
    request_id: str
    event: bytes
    limit: float
    trace: str
    arn: str
    answer: concurrent.futures.Future
    deadline: float = 0

    def headers(self):
        return {"Lambda-Runtime-Aws-Request-Id": self.request_id,
                "Lambda-Runtime-Deadline-Ms": str(int(self.deadline * 1000)),
                "Lambda-Runtime-Trace-Id": self.trace,
                "Lambda-Runtime-Invoked-Function-Arn": self.arn}


class _Handler(Handler):
    def do_GET(self):
        api = self.server.owner
        if not self.path.endswith("/runtime/invocation/next"):
            return self.answer(404)
        if not api.started.done():
            api.started.set_result(None)
        invocation = api.waiting.get()
        if invocation is None:
            return self.answer(500)
        invocation.deadline = time.time() + invocation.limit
        return self.answer(200, invocation.event, invocation.headers())

    def do_POST(self):
        api = self.server.owner
        body = self.body().decode()
        if self.path.startswith("/2015-03-31/functions/"):
            api.self_invocations.append(body)
            return self.answer(202)
        if self.path.endswith("/runtime/init/error"):
            api.started.set_exception(RuntimeError(body))
            return self.answer(202)
        found = re.search(r"/runtime/invocation/([^/]+)/(response|error)$", self.path)
        invocation = found and api.open.pop(found[1], None)
        if not invocation:
            return self.answer(403)
        self.answer(202, b"{}")
        return invocation.answer.set_result(
            Outcome(found[2], body, time.time() > invocation.deadline))


class RuntimeApi(StandIn):
    def __init__(self):
        super().__init__(_Handler)
        self.waiting, self.open = queue.Queue(), {}
        # Done when the function asks for its first event; failed with what it could not start for.
        self.started = concurrent.futures.Future()
        self.self_invocations = []

    def __exit__(self, *_):
        self.waiting.put(None)
        super().__exit__()

    def submit(self, event, limit=60, trace=TRACE, arn=ARN, request_id=None):
        """Queues an event (an object, or text as it is); the future of what becomes of it."""
        text = event if isinstance(event, str) else json.dumps(event)
        invocation = Invocation(request_id or str(uuid.uuid4()), text.encode(), limit, trace, arn,
                                concurrent.futures.Future())
        self.open[invocation.request_id] = invocation
        self.waiting.put(invocation)
        return invocation.answer

    def invoke(self, event, limit=60, patience=60, **options):
        return self.submit(event, limit, **options).result(patience)
