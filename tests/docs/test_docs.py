"""The documents agree with the programs and with each other."""
import json
import pathlib
import re
import subprocess

import pytest

from system import BIN, System

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/README.md")])


def output_of(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          check=True, timeout=60).stdout


def test_the_page_of_settings_is_what_the_program_knows():
    page = (ROOT / "docs/configuration.md").read_text()
    table = output_of(BIN / "tributary", "config", "--markdown")
    assert table in page, "docs/configuration.md is out of date; run ./dev docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page}: there is no {target}"


def test_the_page_names_every_number_of_a_pipeline_stats_line_and_no_other(tmp_path):
    with System(tmp_path) as system:
        assert system.post({"type": "order", "data": {"id": 1}}).status == 200
        system.settled_ledger()
    written = {"producer": set(), "consumer": set()}
    for line in map(json.loads, filter(lambda line: "pipeline.stats" in line,
                                       system.log_text().splitlines())):
        numbers = line["tributary"]["stats"]
        assert all(isinstance(number, (int, float)) for number in numbers.values()), line
        written[line["service"]["name"].removeprefix("tributary-")] |= set(numbers)
    told = {"producer": set(), "consumer": set()}
    page = (ROOT / "docs/observability.md").read_text()
    for service, fields in re.findall(r"^\| (both|producer|consumer) \| ([^|]+) \|", page, re.M):
        for name in told if service == "both" else [service]:
            told[name] |= set(re.findall(r"`(\w+)`", fields))
    assert told == written


def test_every_command_of_the_readme_exists():
    known = set(re.findall(r"^  ([a-z][a-z-]*)\b", output_of(BIN / "tributary", "--help"), re.M))
    dev = set(re.findall(r"^  ([a-z]+)\b", output_of(ROOT / "dev", "help"), re.M))
    text = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    used = set(re.findall(r"(?:^|[\s`])tributary ([a-z][a-z-]+)", text, re.M))
    used_dev = set(re.findall(r"\./dev ([a-z]+)", text))
    assert used and used <= known | {"check-config"}, used - known
    assert used_dev and used_dev <= dev, used_dev - dev
