"""lambda_s3 on a real server of S3's protocol, which checks signatures strictly (MinIO)."""
import http.server
import json
import pathlib
import queue
import socket
import subprocess
import threading
import urllib.parse

import pytest

import tools
from conftest import free_port
from minio_server import MinioServer
from runtime_api import RuntimeApi
from system import BIN, wait_for

STORE_TEST = BIN.parent / "src/object_store/s3/object_store_s3_test"
pytestmark = pytest.mark.skipif(tools.minio() is None, reason="MinIO needs Go to be compiled")


class Webhook:
    """Where MinIO posts its notifications."""

    def __init__(self):
        self.events = queue.Queue()
        events = self.events

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if body:
                    events.put(body.decode())
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_HEAD = do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class CuttingProxy:
    """Passes bytes to a server and cuts each connection after so many of the server's."""

    def __init__(self, target_port, cut_after):
        self.target_port, self.cut_after, self.cuts = target_port, cut_after, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target_port))
            threading.Thread(target=self.pass_on, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, client, self.cut_after),
                             daemon=True).start()

    def pass_on(self, source, sink, limit):
        passed = 0
        try:
            while piece := source.recv(65536):
                if limit and passed + len(piece) > limit:
                    sink.sendall(piece[:limit - passed])
                    self.cuts += 1
                    break
                sink.sendall(piece)
                passed += len(piece)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


@pytest.fixture(scope="module")
def webhook():
    hook = Webhook()
    yield hook
    hook.close()


@pytest.fixture(scope="module")
def minio(tmp_path_factory, webhook):
    with MinioServer(tmp_path_factory.mktemp("s3"), free_port(), webhook.url) as server:
        server.client.create_bucket(Bucket="uploads",
                                    CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        server.notify("uploads")
        yield server


class Function:
    """lambda_s3, running."""

    def __init__(self, folder, settings):
        self.api = RuntimeApi()
        self.log = (pathlib.Path(folder) / "lambda_s3.log").open("w+")
        self.settings = {"AWS_LAMBDA_RUNTIME_API": self.api.address, "RESULTS_BUCKET": "",
                         "AWS_ENDPOINT_URL_LAMBDA": f"http://{self.api.address}",
                         "AWS_LAMBDA_FUNCTION_NAME": "lambda_s3", **settings}

    def __enter__(self):
        self.api.__enter__()
        self.process = subprocess.Popen([BIN / "lambda_s3/bootstrap"], env=self.settings,
                                        stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(20)
        self.api.__exit__()
        self.log.close()

    def text(self):
        return pathlib.Path(self.log.name).read_text()

    def peak_megabytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


def notification(key, bucket="uploads"):
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {
        "bucket": {"name": bucket}, "object": {"key": urllib.parse.quote_plus(key)}}}]}


def orders(count):
    return [{"id": number, "total": number * 1.5, "note": "x" * 200} for number in range(count)]


def lines_of(items):
    return "".join(json.dumps(item) + "\n" for item in items)


def test_the_store_keeps_its_contract_on_a_real_server(minio):
    done = subprocess.run([STORE_TEST, "--gtest_filter=*/Real"], capture_output=True, text=True,
                          env={**minio.environment, "TRIBUTARY_TEST_S3": minio.url}, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Running 16 tests" in done.stdout or "Running 17 tests" in done.stdout, done.stdout[:300]


@pytest.mark.parametrize("key", ["orders.json", "2026/a b+c%20d/größte orders (1).json"])
def test_an_upload_with_a_public_client_becomes_events(minio, webhook, producer, tmp_path, key):
    while not webhook.events.empty():
        webhook.events.get()
    with Function(tmp_path, {**minio.environment, "PRODUCER_URL": producer.url}) as function:
        minio.client.put_object(Bucket="uploads", Key=key, Body=json.dumps(orders(500)).encode())
        outcome = function.api.invoke(webhook.events.get(timeout=60))
    assert outcome.kind == "response", outcome.body
    assert outcome.json["objects"][0]["key"] == key
    assert outcome.json["objects"][0]["accepted"] == 500
    assert [event["data"]["id"] for event in producer.events] == list(range(500))
    assert {event["source"] for event in producer.events} == {f"s3://uploads/{key}"}
    [report] = [name for name in minio.keys("uploads", "reports/") if f"reports/{key}/" in name]
    assert json.loads(minio.client.get_object(Bucket="uploads", Key=report)["Body"].read())[
        "accepted"] == 500


def test_a_connection_that_is_cut_again_and_again_changes_nothing(minio, producer, tmp_path,
                                                                   is_long):
    count, cut_after = (10_000_000, 50 << 20) if is_long else (40_000, 1_300_000)
    producer.keeps = not is_long
    file = tmp_path / "file.ndjson"
    with file.open("w") as out:
        for begin in range(0, count, 10_000):
            out.write(lines_of({"id": n, "total": n * 1.5, "note": "x" * 250}
                               for n in range(begin, begin + 10_000)))
    minio.client.upload_file(str(file), "uploads", "cut/orders.ndjson")
    proxy = CuttingProxy(minio.port, cut_after)
    settings = {**minio.environment, "PRODUCER_URL": producer.url,
                "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{proxy.port}"}
    with Function(tmp_path, settings) as function:
        outcome = function.api.invoke(notification("cut/orders.ndjson"), limit=880, patience=900)
        while function.api.self_invocations:
            outcome = function.api.invoke(function.api.self_invocations.pop(), limit=880,
                                          patience=900)
        peak = function.peak_megabytes()
    proxy.close()
    assert outcome.kind == "response", outcome.body
    assert producer.count == count
    assert proxy.cuts > file.stat().st_size / cut_after / 2, "the proxy did not cut"
    assert peak < 64, f"{peak:.0f} MB"
    if producer.keeps:
        ids = [event["data"]["id"] for event in producer.events]
        assert ids == list(range(count))
        assert len({event["id"] for event in producer.events}) == count


def test_wrong_credentials_are_one_clear_error(minio, producer, tmp_path):
    minio.client.put_object(Bucket="uploads", Key="secret/orders.json", Body=b'[{"id":1}]')
    settings = {**minio.environment, "PRODUCER_URL": producer.url, "AWS_SECRET_ACCESS_KEY": "wrong"}
    with Function(tmp_path, settings) as function:
        outcome = function.api.invoke(notification("secret/orders.json"))
    assert outcome.kind == "error"
    assert outcome.json["errorType"] == "Tributary.ImportFailed"
    for words in ("s3://uploads/secret/orders.json", "SignatureDoesNotMatch",
                  "AWS_SECRET_ACCESS_KEY"):
        assert words in outcome.json["errorMessage"], outcome.body
    assert producer.requests == 0


def test_a_file_whose_items_are_all_bad_stays_small(minio, producer, tmp_path):
    bad = "".join(f'{{"id":{n},"note":"{"x" * 300}","broken":}}\n' for n in range(150_000))
    minio.client.put_object(Bucket="uploads", Key="bad/orders.ndjson", Body=bad.encode())
    settings = {**minio.environment, "PRODUCER_URL": producer.url}
    with Function(tmp_path, settings) as function:
        outcome = function.api.invoke(notification("bad/orders.ndjson"), limit=600, patience=600)
        peak = function.peak_megabytes()
    assert outcome.kind == "response", outcome.body
    assert outcome.json["objects"][0]["rejected"] == 150_000, outcome.body
    parts = minio.keys("uploads", "rejected/bad/orders.ndjson/")
    assert len(parts) > 5
    assert peak < 64, f"{peak:.0f} MB"


def test_a_versioned_object_is_read_at_the_version_of_its_notification(minio, webhook, producer,
                                                                        tmp_path):
    """Only where the server can keep versions; MinIO on one disk cannot."""
    try:
        minio.client.put_bucket_versioning(Bucket="uploads",
                                           VersioningConfiguration={"Status": "Enabled"})
    except Exception as error:
        pytest.skip(f"this server keeps no versions on one disk ({error})")
    for number in (1, 2):
        minio.client.put_object(Bucket="uploads", Key="v/orders.json",
                                Body=json.dumps([{"id": number}]).encode())
    events = [webhook.events.get(timeout=60) for _ in range(2)]
    with Function(tmp_path, {**minio.environment, "PRODUCER_URL": producer.url}) as function:
        for event in events:
            assert function.api.invoke(event).kind == "response"
    assert [event["data"]["id"] for event in producer.events] == [1, 2]
