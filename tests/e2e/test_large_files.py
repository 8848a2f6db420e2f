"""Large files through the real lambda_s3: each item once, in constant memory, whatever happens."""
import json
import os
import pathlib
import shutil
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "data"))
import tpch  # noqa: E402
from counting_producer import CountingProducer, write_numbered_orders  # noqa: E402
from function import Function, notification  # noqa: E402
from system import System, wait_for  # noqa: E402

MAX_RSS_MB = 64


def peak_rss_mb(pid):
    """The most memory that was ever resident, in 10^6 bytes; 0 where the process has ended."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6 if "VmHWM:" in status else 0


class Peak:
    """The highest peak of all instances of lambda_s3 that were there whenever it was asked."""

    def __init__(self, system):
        self.system, self.mb = system, 0

    def sample(self):
        self.mb = max([self.mb, *map(peak_rss_mb, self.system.pids("lambda_s3/bootstrap"))])
        return self.mb


@pytest.fixture(scope="module")
def orders(tmp_path_factory, is_long):
    """A TPC-H file of orders, and how many it holds."""
    file = tmp_path_factory.mktemp("tpch") / "orders.json"
    count = tpch.write_orders(1 if is_long else 0.05, file)
    yield file, count
    file.unlink()


@pytest.mark.parametrize("is_killed", [False, True], ids=["undisturbed", "killed-in-the-middle"])
def test_a_file_in_the_bucket_folder_is_indexed_item_by_item(tmp_path, orders, is_killed):
    file, count = orders
    with System(tmp_path) as system:
        peak = Peak(system)
        shutil.copyfile(file, system.data / "bucket/orders.json")
        if is_killed:
            wait_for(lambda: system.ledger()["totals"]["indexed"] > count // 5, "a part", 300)
            peak.sample()
            os.kill(system.pids("lambda_s3/bootstrap")[0], signal.SIGKILL)
        reports = system.data / "bucket/reports/orders.json"
        wait_for(lambda: peak.sample() and any(reports.glob("*.json")), "the report", 3000)
        report = system.report("orders.json")
        assert report["status"] == "complete", report
        assert (report["read"], report["accepted"], report["rejected"]) == (count, count, 0), report
        assert report["bytes"] <= file.stat().st_size
        totals = system.settled_ledger(3000)["totals"]
        assert totals["indexed"] == count and totals["dead_lettered"] == 0, totals
        assert is_killed or totals["duplicates"] == 0, totals
        keys = set(document["data"]["id"] for document in system.each_event(type="order"))
        assert len(keys) == count, "an order of the file has no document of its own"
        assert peak.sample() < MAX_RSS_MB
        print(f"{count} orders, {file.stat().st_size / 1e6:.0f} MB: {totals}, peak {peak.mb:.1f} MB")


def test_a_file_that_outlasts_several_deadlines_is_counted_once(tmp_path, is_long):
    """A counting stand-in takes the place of the Producer, at a speed that makes the file last for
    about four invocations."""
    size, deadline = (3_000_000_000, 60) if is_long else (30_000_000, 5)
    file = tmp_path / "store/bucket/orders.json"
    file.parent.mkdir(parents=True)
    count = write_numbered_orders(file, size)
    speed = file.stat().st_size / (3.5 * deadline * (0.8 if is_long else 0.5))
    with CountingProducer(count, speed) as producer, Function(
            "lambda_s3", tmp_path, OBJECT_STORE_DIR=str(tmp_path / "store"),
            PRODUCER_URL=producer.url) as function:
        states, overruns, event = [], 0, notification("orders.json", "bucket")
        while event:
            outcome = function.api.invoke(event, deadline, patience=3 * deadline)
            assert outcome.kind == "response", outcome.body
            states.append(outcome.json["objects"][0]["state"])
            overruns += outcome.is_late
            event = function.api.self_invocations and function.api.self_invocations.pop()
        peak = function.peak_mb()
    report = json.loads(next((tmp_path / "store/bucket/reports/orders.json").glob("*")).read_text())
    print(f"{file.stat().st_size / 1e6:.0f} MB, {count} items, invocations {len(states)}, received "
          f"{producer.received}, again {producer.again}, peak {peak:.1f} MB")
    file.unlink()
    assert states[-1] == "finished" and len(states) >= 3, states
    assert overruns == 0, "an invocation ran past its deadline"
    producer.check()
    assert (report["read"], report["accepted"], report["rejected"]) == (count, count, 0), report
    assert peak < MAX_RSS_MB
