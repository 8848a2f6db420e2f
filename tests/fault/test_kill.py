"""kill -9 of any or all processes during load: nothing accepted is lost, nothing is there twice."""
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from checker import check  # noqa: E402
from kills import PROGRAMS, kill_during_load, kill_one  # noqa: E402
from system import System, wait_for  # noqa: E402


def test_kill_9_of_any_or_all_processes_during_load(tmp_path, is_long):
    kills = 20 if is_long else 3
    chance = random.Random(7)
    targets = ["all", *PROGRAMS[:2], *PROGRAMS]
    plan = [targets[i % len(targets)] if i < 3 else chance.choice(targets) for i in range(kills)]
    with System(tmp_path) as system:
        load = kill_during_load(system, plan)
        totals = check(system, load)
        print(f"{kills} kills ({', '.join(plan)}): {len(load.accepted)} accepted, {totals}")


def test_kill_9_in_the_middle_of_a_file(tmp_path):
    items = 200_000
    with System(tmp_path) as system:
        content = b"[" + b",".join(b'{"id":"k%d","seq":%d}' % (i, i) for i in range(items)) + b"]"
        assert system.put("killed-orders.json", content).status in (200, 201)
        wait_for(lambda: system.ledger()["totals"]["indexed"] > 1000, "the first items")
        kill_one(system, "lambda_s3/bootstrap")
        report = system.report("killed-orders.json", 180)
        assert (report["accepted"], report["rejected"]) == (items, 0), report
        ledger = system.settled_ledger(180)
        assert ledger["balanced"] and ledger["totals"]["indexed"] == items, ledger["totals"]
