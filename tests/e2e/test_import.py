"""`tributary import` of a file that lies elsewhere the second time."""
import json
import subprocess

import pytest

from system import BIN, System


def import_copy(system, folder):
    """Accepted items, as the command counts them."""
    file = folder / "uploads/orders.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps([{"id": number, "total": number} for number in range(3)]))
    done = subprocess.run([BIN / "tributary", "import", "--by-content", "uploads/orders.json"],
                          env={"OBJECT_STORE_DIR": str(folder), "PRODUCER_URL": system.producer},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["tributary"]["import"] == {"accepted": 3, "rejected": 0}
    return file.stat().st_ino


@pytest.fixture
def system(tmp_path):
    with System(tmp_path) as one:
        yield one


def test_the_same_file_from_another_disk_makes_the_same_events(system, tmp_path):
    assert import_copy(system, tmp_path / "one") != import_copy(system, tmp_path / "other")
    totals = system.settled_ledger()["totals"]
    assert (totals["indexed"], totals["duplicates"]) == (3, 3), totals
