"""What is made is what its sources make."""
import subprocess
import sys

from metrics import ROOT


def test_what_is_made_is_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "deploy/observability/make.py", "--check"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
