#!/usr/bin/env python3
"""How fast a function starts, and what it adds to the Producer's answer.

    ./dev package lambda && ./dev bench lambda [--rounds 50]

Each program is started afresh for every round of the cold start: from fork to its first request for
an event. Warm, it gets one event at a time, each with one POST to a Producer that answers at once in
a process of its own; the answer alone of another such Producer, asked in turn over a kept
connection, is taken off. A Python function with AWS's own runtime client does the same job on the
same Runtime API. Medians. On a busy machine only the processor's time is worth anything.

The packed functions run in a root folder of their own, so this needs root or user namespaces.
"""
import argparse
import contextlib
import json
import multiprocessing
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

from measure import ROOT, Result

sys.path.insert(0, str(ROOT / "tests/support"))
import tools  # noqa: E402
from lambda_root import LambdaRoot, VARIABLES  # noqa: E402

RIC = "awslambdaric==3.0.2"
ABOUT = """\
The packed lambda_api as it is deployed, and a Python function of the same job with AWS's own runtime
client, both on a Runtime API and beside a Producer that answers at once, all on this machine."""
RECEIPT = json.dumps({"receipts": [{"id": "e1", "type": "order", "topic": "orders", "partition": 0,
                                    "offset": 1}]}).encode()
EVENT = json.dumps({
    "version": "2.0", "rawPath": "/events", "headers": {"content-type": "application/json"},
    "body": json.dumps({"type": "order", "id": "e1", "data": {"id": 7, "note": "x" * 200}}),
    "requestContext": {"http": {"method": "POST"}}}).encode()
HANDLER = '''
import http.client, json, os
url = os.environ["PRODUCER_URL"].split("//")[1]
connection = http.client.HTTPConnection(url)
def handler(event, context):
    body = json.loads(event["body"])
    wrapped = json.dumps([{"specversion": "1.0", "id": body["id"], "source": "/api",
                           "type": body["type"], "data": body["data"]}])
    connection.request("POST", "/produce", wrapped,
                       {"Content-Type": "application/cloudevents-batch+json"})
    answer = connection.getresponse()
    return {"statusCode": answer.status, "body": answer.read().decode()}
'''


class Peer:
    """One side of an HTTP/1.1 connection, without a library's own time."""

    def __init__(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection, self.input = connection, b""

    def read(self):
        """(head, body) of the next message; None at the end."""
        while b"\r\n\r\n" not in self.input:
            piece = self.connection.recv(65536)
            if not piece:
                return None
            self.input += piece
        head, self.input = self.input.split(b"\r\n\r\n", 1)
        lower = head.lower()
        length = 0
        if b"content-length:" in lower:
            length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
        while len(self.input) < length:
            self.input += self.connection.recv(65536)
        body, self.input = self.input[:length], self.input[length:]
        return head, body

    def send(self, first_line, body, *fields):
        lines = [first_line, f"Content-Length: {len(body)}", *fields, "", ""]
        self.connection.sendall("\r\n".join(lines).encode() + body)


def serve_producer(listener):
    while True:
        peer = Peer(listener.accept()[0])
        while peer.read():
            peer.send("HTTP/1.1 200 OK", RECEIPT, "Content-Type: application/json")


@contextlib.contextmanager
def producer():
    """The port of a Producer that serves one connection after the other."""
    with listen() as listener:
        process = multiprocessing.Process(target=serve_producer, args=(listener,), daemon=True)
        process.start()
        yield listener.getsockname()[1]
        process.terminate()


def listen():
    return socket.create_server(("127.0.0.1", 0))


def hand_out(peer):
    peer.send("HTTP/1.1 200 OK", EVENT, f"Lambda-Runtime-Aws-Request-Id: {uuid.uuid4()}",
              f"Lambda-Runtime-Deadline-Ms: {int(time.time() * 1000) + 28_000}",
              "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:1:function:f",
              "Content-Type: application/json")


class Sandbox:
    """A process that lives in a root folder and starts a program there, so that entering the folder
    is no part of the start."""

    def __init__(self, folder, home, command, environment, producer_port, nothing,
                 process_table):
        self.folder, self.home = folder, home
        self.command, self.environment = command, environment
        self.producer_port, self.nothing, self.process_table = producer_port, nothing, process_table

    def measure(self, rounds):
        """(cold starts as `run` gives them, milliseconds of warm events, of the Producer's answers)."""
        ours, theirs = multiprocessing.Pipe()
        worker = multiprocessing.Process(target=self._work, args=(theirs, rounds))
        worker.start()
        theirs.close()
        try:
            return ours.recv()
        finally:
            worker.join()

    def _work(self, answer, rounds):
        self.producer = Peer(socket.create_connection(("127.0.0.1", self.producer_port)))
        os.chroot(self.folder)
        os.chdir(self.home)
        cold = [self.run(0)[:2] for _ in range(rounds)]
        _, _, warm, own = self.run(20 + rounds * 4)
        answer.send((cold, warm[20:], own[20:]))

    def run(self, warm_rounds):
        """One process: milliseconds to its first request, of the processor until then, of each event,
        and of the Producer's own answer before each."""
        with listen() as listener:
            api = f"127.0.0.1:{listener.getsockname()[1]}"
            begin = time.perf_counter()
            process = subprocess.Popen(
                self.command, env={**self.environment, "AWS_LAMBDA_RUNTIME_API": api},
                stdin=self.nothing, stdout=self.nothing, stderr=self.nothing, close_fds=False)
            peer = Peer(listener.accept()[0])
            peer.read()
            cold = (time.perf_counter() - begin) * 1000
            warm, own = [], []
            processor = self.processor_ms(process.pid)
            for _ in range(warm_rounds):
                own.append(self.ask_producer())
                begin = time.perf_counter()
                hand_out(peer)
                head, body = peer.read()
                warm.append((time.perf_counter() - begin) * 1000)
                assert b"/response" in head.split(b"\r\n")[0] and b"200" in body, (head, body)
                peer.send("HTTP/1.1 202 Accepted", b"{}")
                peer.read()
            process.kill()
            process.wait()
            peer.connection.close()
            return cold, processor, warm, own

    def ask_producer(self):
        begin = time.perf_counter()
        self.producer.send("POST /produce HTTP/1.1", b"x" * 300, "Host: producer")
        self.producer.read()
        return (time.perf_counter() - begin) * 1000

    def processor_ms(self, pid):
        file = os.open(f"{pid}/schedstat", os.O_RDONLY, dir_fd=self.process_table)
        try:
            return int(os.read(file, 100).split()[0]) / 1e6
        finally:
            os.close(file)


def python_function(folder, producer_url):
    """(root, working directory there, command, environment)"""
    libraries = tools.CACHE / RIC.replace("==", "-")
    if not libraries.exists():
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", libraries, RIC],
                       check=True)
    folder.mkdir()
    (folder / "function.py").write_text(HANDLER)
    return "/", folder, [sys.executable, "-m", "awslambdaric", "function.handler"], {
        **VARIABLES, "LD_LIBRARY_PATH": "", "PYTHONPATH": f"{libraries}:{folder}",
        "PRODUCER_URL": producer_url}


def packed_function(folder, producer_url):
    root = LambdaRoot(folder, "lambda_api")
    return root.folder, "/var/task", ["/var/task/bootstrap"], root.environment(
        {"PRODUCER_URL": producer_url, "LOG_LEVEL": "error"})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=50)
    rounds = parser.parse_args().rounds
    if os.geteuid() != 0:
        os.execvp("unshare", ["unshare", "--user", "--map-root-user", sys.executable, *sys.argv])
    result = Result("lambda", "The API function beside one in Python", ABOUT)
    with tempfile.TemporaryDirectory() as temporary, producer() as theirs, producer() as asked:
        folder, url = pathlib.Path(temporary), f"http://127.0.0.1:{theirs}"
        programs = {"lambda_api, as packed": packed_function(folder / "root", url),
                    "Python with awslambdaric": python_function(folder / "python", url)}
        table = result.table("A function's own time (medians)", [
            "function", "cold start ms", "cold start ms of the processor",
            "warm ms beyond the Producer's answer"],
            note=f"{rounds} cold starts, {rounds * 4} warm events each, every one behind a request to "
                 f"such a Producer itself; the median of those is taken off.")
        nothing, process_table = os.open(os.devnull, os.O_RDWR), os.open("/proc", os.O_RDONLY)
        for name, program in programs.items():
            starts, warm, own = Sandbox(*program, asked, nothing, process_table).measure(rounds)
            cold, processor = (statistics.median(times) for times in zip(*starts))
            table.add(name, cold, processor, statistics.median(warm) - statistics.median(own))
    plot = result.plot("From the start of the process to its first request", "ms",
                       [row[0] for row in table.rows])
    plot.add("wall clock", [row[1] for row in table.rows])
    plot.add("processor", [row[2] for row in table.rows])
    result.save()


if __name__ == "__main__":
    main()
