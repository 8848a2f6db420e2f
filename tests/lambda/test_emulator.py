"""Both functions, as they are deployed, on AWS's own Runtime Interface Emulator."""
import http.client
import json
import os
import pathlib
import signal
import time

import pytest

import tools
from lambda_root import LambdaRoot
from system import free_port, processes_below, wait_for

INVOKE = "/2015-03-31/functions/function/invocations"


def proxy_event(body, method="POST", path="/events", **headers):
    return {"version": "2.0", "rawPath": path, "headers": headers, "body": json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {"stage": "$default", "http": {"method": method, "path": path}}}


def s3_event(key):
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
                         "s3": {"bucket": {"name": "uploads"}, "object": {"key": key}}}]}


class Emulator:
    def __init__(self, folder, function, settings, timeout=20):
        self.root = LambdaRoot(folder / function, function)
        self.root.add("/rie", tools.lambda_emulator())
        self.root.add("/dev/null", "")  # the emulator's own wish
        self.port, runtime_port = free_port(), free_port()
        self.log = (folder / "log").open("w+b")
        self.process = self.root.start(
            {**settings, "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout)},
            ["/rie", "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
             "--runtime-api-address", f"127.0.0.1:{runtime_port}", "/var/task/bootstrap"],
            stdout=self.log, stderr=self.log, start_new_session=True)
        wait_for(self.listens, "the emulator's port")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in [*processes_below(self.process.pid), self.process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(20)
        self.log.close()

    def listens(self):
        assert self.process.poll() is None, self.text()
        try:
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=1).connect()
            return True
        except OSError:
            return False

    def text(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text(errors="replace")[-3000:]

    def invoke(self, event):
        """What the caller sees: always 200, also for errors."""
        text = event if isinstance(event, str) else json.dumps(event)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", INVOKE, text)
            body = connection.getresponse().read().decode()
        finally:
            connection.close()
        try:
            return json.loads(body)
        except json.JSONDecodeError:
            return body

    def bootstraps(self):
        return [pid for pid in processes_below(self.process.pid)
                if pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"/var/task")]


@pytest.fixture(params=["lambda_api", "lambda_s3"])
def function(request, tmp_path, producer):
    """One of the functions, with a good event for it and the check of its answer."""
    return Case(request.param, tmp_path, producer)


class Case:
    def __init__(self, name, folder, producer):
        self.name, self.folder, self.producer = name, folder, producer
        self.settings = {"PRODUCER_URL": producer.url}
        if name == "lambda_s3":
            self.settings["OBJECT_STORE_DIR"] = "/tmp/store"

    def emulator(self, timeout=20, **settings):
        return Emulator(self.folder, self.name, {**self.settings, **settings}, timeout)

    def prepare(self, emulator, number=1):
        if self.name == "lambda_s3":
            emulator.root.add(f"/tmp/store/uploads/orders-{number}.json", f'[{{"id":{number}}}]')

    def good_event(self, number=1):
        if self.name == "lambda_s3":
            return s3_event(f"orders-{number}.json")
        return proxy_event({"type": "order", "id": f"e{number}", "data": {"id": number}})

    def check(self, answer, number=1):
        if self.name == "lambda_s3":
            assert answer["objects"][0]["state"] == "finished", answer
            assert answer["objects"][0]["accepted"] == 1
        else:
            assert answer["statusCode"] == 200, answer
            assert json.loads(answer["body"])["id"] == f"e{number}"
        assert self.producer.events[-1]["data"]["id"] == number


def test_answers_and_is_reused(function):
    with function.emulator() as emulator:
        pids = set()
        for number in (1, 2, 3):
            function.prepare(emulator, number)
            function.check(emulator.invoke(function.good_event(number)), number)
            pids.update(emulator.bootstraps())
        assert len(pids) == 1, "every invocation had a process of its own"


def test_says_what_is_wrong_with_an_event_and_goes_on(function):
    with function.emulator() as emulator:
        answer = emulator.invoke({"hello": "world"})
        assert answer["errorType"] == "Tributary.InvalidEvent", answer
        assert "This is no" in answer["errorMessage"]
        function.prepare(emulator)
        function.check(emulator.invoke(function.good_event()))


def test_reports_what_fails(function):
    """A Producer that refuses the function itself: the API's client is told, an import fails."""
    function.producer.token = "another"
    with function.emulator() as emulator:
        function.prepare(emulator)
        answer = emulator.invoke(function.good_event())
        if function.name == "lambda_s3":
            assert answer["errorType"] == "Tributary.ImportFailed", answer
            assert "PRODUCER_TOKEN" in answer["errorMessage"]
        else:
            assert answer["statusCode"] in (401, 502), answer
            assert json.loads(answer["body"])["status"] == answer["statusCode"]


def test_answers_in_time_where_the_producer_does_not(function):
    function.producer.hold()
    with function.emulator(timeout=4) as emulator:
        function.prepare(emulator)
        begin = time.monotonic()
        answer = emulator.invoke(function.good_event())
        assert time.monotonic() - begin < 4
        function.producer.release()
        if function.name == "lambda_s3":
            assert "errorType" in answer, answer   # it may not invoke itself here
            assert list((emulator.root.folder / "tmp/store/uploads/checkpoints").rglob("*.json"))
        else:
            assert answer["statusCode"] == 504, answer
            assert json.loads(answer["body"])["fate"] == "unknown"


def test_a_timeout_is_the_emulators_and_the_next_event_is_served(function):
    with function.emulator(timeout=3) as emulator:
        function.prepare(emulator, 1)
        function.check(emulator.invoke(function.good_event(1)), 1)
        [pid] = emulator.bootstraps()
        os.kill(pid, signal.SIGSTOP)
        function.prepare(emulator, 2)
        assert "timed out after 3" in str(emulator.invoke(function.good_event(2)))
        function.prepare(emulator, 3)
        function.check(emulator.invoke(function.good_event(3)), 3)


def test_a_wrong_setting_is_an_error_of_the_start(function):
    with function.emulator(PRODUCER_URL="not a url") as emulator:
        answer = emulator.invoke(function.good_event())
        assert answer["errorType"] == "Function.ConfigurationInvalid", answer
        assert "PRODUCER_URL" in answer["errorMessage"]
