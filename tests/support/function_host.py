"""Stand-ins for what surrounds lambda_s3 in the cloud: Lambda itself, and a Producer that counts."""
import array
import http.server
import itertools
import json
import os
import queue
import re
import subprocess
import threading
import time

from system import BIN

API = "/2018-06-01/runtime/invocation/"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A caller that went away in the middle is none of the tests' business."""

    @property
    def address(self):
        return f"127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # Head and body in one packet.

    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class CountingProducer(Server):
    """Says yes to every event, and keeps for each the id that it came with, by the number `seq` in
    its data. `bytes_per_second` is how fast it takes them."""

    EVENT = re.compile(rb'"id":"([0-9a-f-]{36})","source":"[^"]*","type":"([a-z]+)".*?"seq":(\d+)')

    def __init__(self, events, bytes_per_second):
        super().__init__(("127.0.0.1", 0), ProducerHandler)
        self.ids = array.array("Q", bytes(8 * events))  # The first half of each id; 0: not seen.
        self.received, self.again, self.contradictions = 0, 0, 0
        self.bytes_per_second = bytes_per_second

    def take(self, body):
        """The receipts of a batch."""
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

    def missing(self):
        return self.ids.count(0)


class ProducerHandler(Handler):
    def do_POST(self):
        begun = time.monotonic()
        body = self.body()
        receipts = self.server.take(body).encode()
        pause = len(body) / self.server.bytes_per_second - (time.monotonic() - begun)
        if pause > 0:
            time.sleep(pause)  # The speed of this Producer; nothing is waited for.
        self.answer(200, receipts, Content_Type="application/json")


class FunctionHost(Server):
    """The Runtime API for one instance of lambda_s3, and the Invoke API by which it goes on: every
    invocation has `timeout` seconds."""

    def __init__(self, timeout, **settings):
        super().__init__(("127.0.0.1", 0), HostHandler)
        self.timeout_seconds, self.settings = timeout, settings
        self.events, self.outcomes = queue.Queue(), queue.Queue()
        self.numbers = itertools.count()
        self.overruns = 0
        self.given = {}

    def __enter__(self):
        super().__enter__()
        environment = {"PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": self.address,
                       "AWS_LAMBDA_FUNCTION_NAME": "lambda_s3",
                       "AWS_ENDPOINT_URL_LAMBDA": f"http://{self.address}", **self.settings}
        self.process = subprocess.Popen([BIN / "lambda_s3/bootstrap"], env=environment)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        super().__exit__()

    def invoke(self, event):
        self.events.put(json.dumps(event).encode())

    def outcome(self, deadline):
        """`("response" or "error", body)` of the next invocation that ends."""
        return self.outcomes.get(timeout=deadline)


class HostHandler(Handler):
    def do_GET(self):
        host = self.server
        event = host.events.get()
        number = f"r{next(host.numbers)}"
        deadline = time.time() + host.timeout_seconds
        host.given[number] = deadline
        self.answer(200, event, Lambda_Runtime_Aws_Request_Id=number,
                    Lambda_Runtime_Deadline_Ms=str(int(deadline * 1000)),
                    Lambda_Runtime_Invoked_Function_Arn="arn:aws:lambda:x:1:function:lambda_s3")

    def do_POST(self):
        host, body = self.server, self.body()
        if self.path.startswith(API):
            number, what = self.path[len(API):].split("/")
            host.overruns += time.time() > host.given.pop(number)
            self.answer(202)
            host.outcomes.put((what, body.decode()))
        else:
            host.events.put(body)
            self.answer(202)
