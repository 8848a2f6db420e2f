"""lambda_s3 on a real server of S3's protocol, which checks signatures strictly (MinIO)."""
import json
import queue
import socket
import subprocess
import threading
import time

import pytest

import tools
from counting_producer import CountingProducer, write_numbered_orders
from function import Function, notification
from minio_server import MinioServer
from stand_in import Handler, StandIn
from system import BIN, free_port

MAX_RSS_MB = 64
STORE_TEST = BIN.parent / "src/object_store/s3/object_store_s3_test"
pytestmark = pytest.mark.skipif(tools.minio() is None, reason="MinIO needs Go to be compiled")


class Webhook(StandIn):
    """Where MinIO posts its notifications."""

    def __init__(self):
        super().__init__(_WebhookHandler)
        self.events = queue.Queue()


class _WebhookHandler(Handler):
    def do_POST(self):
        if body := self.body():
            self.server.owner.events.put(body.decode())
        self.answer(200)

    do_HEAD = do_GET = do_POST


class CuttingProxy:
    """Passes bytes to a server and cuts each connection after so many of the server's."""

    def __init__(self, target_port, cut_after):
        self.target_port, self.cut_after, self.cuts = target_port, cut_after, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
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
    with Webhook() as hook:
        yield hook


@pytest.fixture(scope="module")
def minio(tmp_path_factory, webhook):
    with MinioServer(tmp_path_factory.mktemp("s3"), free_port(), webhook.url) as server:
        server.client.create_bucket(Bucket="uploads",
                                    CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        server.notify("uploads")
        yield server


def orders(count):
    return [{"id": number, "total": number * 1.5, "note": "x" * 200} for number in range(count)]


def importer(folder, minio, producer, **settings):
    return Function("lambda_s3", folder,
                    **{**minio.environment, "PRODUCER_URL": producer.url, **settings})


def test_the_store_keeps_its_contract_on_a_real_server(minio):
    done = subprocess.run([STORE_TEST, "--gtest_filter=*/Real"], capture_output=True, text=True,
                          env={**minio.environment, "TRIBUTARY_TEST_S3": minio.url}, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Running 16 tests" in done.stdout or "Running 17 tests" in done.stdout, done.stdout[:300]


@pytest.mark.parametrize("key", ["orders.json", "2026/a b+c%20d/größte orders (1).json"])
def test_an_upload_with_a_public_client_becomes_events(minio, webhook, producer, tmp_path, key):
    while not webhook.events.empty():
        webhook.events.get()
    with importer(tmp_path, minio, producer) as function:
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


def test_a_connection_that_is_cut_again_and_again_changes_nothing(minio, tmp_path, is_long):
    size, cut_after = (3_100_000_000, 50 << 20) if is_long else (12_000_000, 1_300_000)
    file = tmp_path / "orders.json"
    count, size = write_numbered_orders(file, size), file.stat().st_size
    minio.client.upload_file(str(file), "uploads", "cut/orders.json")
    file.unlink()
    proxy = CuttingProxy(minio.port, cut_after)
    with CountingProducer(count, float("inf")) as producer, importer(
            tmp_path, minio, producer, AWS_ENDPOINT_URL_S3=proxy.url) as function:
        event, invocations, begin = notification("cut/orders.json"), 0, time.monotonic()
        while event:
            outcome = function.api.invoke(event, limit=880, patience=900)
            event = function.api.self_invocations and function.api.self_invocations.pop()
            invocations += 1
        seconds, peak = time.monotonic() - begin, function.peak_mb()
    proxy.close()
    print(f"{size / 1e6:.0f} MB, {count} items, {invocations} invocations, {seconds:.0f} s, "
          f"{proxy.cuts} cuts, peak {peak:.1f} MB")
    assert outcome.kind == "response", outcome.body
    assert outcome.json["objects"][0]["accepted"] == count, outcome.body
    producer.check()
    assert producer.received == count, "a cut made the function send something again"
    assert proxy.cuts > size / cut_after / 2, "the proxy did not cut"
    assert peak < MAX_RSS_MB


def test_wrong_credentials_are_one_clear_error(minio, producer, tmp_path):
    minio.client.put_object(Bucket="uploads", Key="secret/orders.json", Body=b'[{"id":1}]')
    with importer(tmp_path, minio, producer, AWS_SECRET_ACCESS_KEY="wrong") as function:
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
    with importer(tmp_path, minio, producer) as function:
        outcome = function.api.invoke(notification("bad/orders.ndjson"), limit=600, patience=600)
        peak = function.peak_mb()
    assert outcome.kind == "response", outcome.body
    assert outcome.json["objects"][0]["rejected"] == 150_000, outcome.body
    parts = minio.keys("uploads", "rejected/bad/orders.ndjson/")
    assert len(parts) > 5
    assert peak < MAX_RSS_MB


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
    with importer(tmp_path, minio, producer) as function:
        for event in events:
            assert function.api.invoke(event).kind == "response"
    assert [event["data"]["id"] for event in producer.events] == [1, 2]
