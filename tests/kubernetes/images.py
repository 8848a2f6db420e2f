"""The images that the tests put into a cluster, built once a run."""
import os
import pathlib
import subprocess
import sys

from rendered import ROOT

sys.path.insert(0, str(ROOT / "tests/stack"))
from jars import CACHE  # noqa: E402

OUT = ROOT / "build/images"
OURS = [OUT / f"archives/{name}.tar" for name in ("producer", "consumer", "tributary")]
# The servers, out of their published jars.
SERVERS = OUT / "servers.tar"


def run(*command):
    environment = {**os.environ, "IMAGE_STORE": str(CACHE / "containers")}
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def build_ours():
    return run("deploy/images/build.sh", "--host", "--archive", OUT / "archives")


def build_servers():
    """They change with their versions and their recipe only."""
    recipe = pathlib.Path(__file__).parent / "server_image/build.py"
    newest = max(recipe.stat().st_mtime, recipe.with_name("ClusterElasticsearch.java").stat().st_mtime)
    if not SERVERS.exists() or SERVERS.stat().st_mtime < newest:
        run(sys.executable, recipe, SERVERS)
