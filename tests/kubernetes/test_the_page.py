"""docs/kubernetes.md, run as it is written. Last: its last command takes the system away."""
import pathlib
import re
import subprocess

from cluster import NAMESPACES
from deployed import TRIED
from images import SERVERS
from rendered import ROOT, kubectl

PAGE = ROOT / "docs/kubernetes.md"


def commands():
    """All but the runbook's, which test_faults.py runs."""
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    return [line for section in sections if not section.startswith("A node is lost")
            for line in re.findall(r"^    (\S.*)$", section, re.MULTILINE)]


# What a machine without a registry and without a container's network cannot do as written. The page says so.
SUBSTITUTED = {
    # The programs of this machine's build, instead of compiling them in a container.
    "./dev images --archive build/images/archives": "./dev images --host --archive build/images/archives",
    "./dev cluster load build/images/archives/*.tar":
        f"./dev cluster load build/images/archives/*.tar {SERVERS}",
    # The same with images that need no registry: see on_cluster/.
    "./dev cluster deploy": f"./dev cluster deploy {TRIED}",
}


def as_tested(command):
    return SUBSTITUTED.get(command, command)


def test_the_page_says_how_many_of_its_commands_are_run_otherwise():
    assert len(SUBSTITUTED) == 3 and "(three of them" in PAGE.read_text()
    assert SUBSTITUTED.keys() <= set(commands())


def test_the_pages_commands_lead_from_a_cluster_to_the_first_document(system, tmp_path):
    lines = commands()
    assert lines[0].startswith("./dev images") and lines[-1] == "./dev cluster destroy --yes"
    script = tmp_path / "page.sh"
    script.write_text("set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
                      + "\n".join(map(as_tested, lines)) + "\n")
    environment = dict(system.cluster.environment)
    environment["PATH"] = f"{pathlib.Path(kubectl()).parent}:{environment['PATH']}"
    done = subprocess.run(["bash", script], cwd=ROOT, env=environment, capture_output=True, text=True,
                          timeout=3_000)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert '"receipt' in done.stdout or '"offset"' in done.stdout
    assert '"total":1' in done.stdout.replace(" ", ""), done.stdout[-3000:]
    left = {one["metadata"]["name"] for one in system.cluster.get("namespaces")["items"]}
    assert not left & set(NAMESPACES)
