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
RECIPE = pathlib.Path(__file__).parent / "server_image/build.py"
# Fluent Bit is in no registry that gives single files: a program that is there, or none.
FLUENT_BIT = os.environ.get("FLUENT_BIT")
AGENT = OUT / "fluent-bit.tar"


def run(*command):
    environment = {**os.environ, "IMAGE_STORE": str(CACHE / "containers")}
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def build_ours():
    return run("deploy/images/build.sh", "--host", "--archive", OUT / "archives")


def build_unless_newer(file, *arguments, sources):
    if not file.exists() or file.stat().st_mtime < max(one.stat().st_mtime for one in sources):
        run(sys.executable, RECIPE, file, *arguments)


def build_servers():
    """They change with their versions and their recipe only."""
    build_unless_newer(SERVERS, sources=[RECIPE, RECIPE.with_name("ClusterElasticsearch.java")])


def build_agent():
    build_unless_newer(AGENT, "--fluent-bit", FLUENT_BIT, sources=[RECIPE, pathlib.Path(FLUENT_BIT)])
