"""The alert rules: promtool's own tests, a runbook each, and nothing that no program shows."""
import subprocess

import pytest
import yaml

from metrics import ROOT

FOLDER = ROOT / "deploy/observability"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
         for rule in group["rules"]]
PAGE = (ROOT / "docs/alerts.md").read_text()


def promtool(folder, *arguments):
    return subprocess.run([folder / "promtool", *arguments], cwd=FOLDER, capture_output=True, text=True)


@pytest.mark.parametrize("arguments", [("check", "config", "prometheus.yaml"),
                                       ("test", "rules", "alerts_test.yaml")], ids=" ".join)
def test_promtool_is_content(prometheus_folder, arguments):
    done = promtool(prometheus_folder, *arguments)
    assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout + done.stderr


def test_promtool_tests_that_every_alert_fires_and_stays_silent():
    cases = [case for test in yaml.safe_load((FOLDER / "alerts_test.yaml").read_text())["tests"]
             for case in test["alert_rule_test"]]
    for rule in RULES:
        of_rule = [case["exp_alerts"] for case in cases if case["alertname"] == rule["alert"]]
        assert any(of_rule) and not all(of_rule), rule["alert"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_has_a_runbook_and_a_severity(rule):
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert (page, anchor) == ("docs/alerts.md", rule["alert"].lower())
    section = PAGE.split(f"\n## {rule['alert']}\n")[1].split("\n## ")[0]
    assert "\n* " in section, "a runbook says what to do"
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"].endswith(".")


def test_every_runbook_has_an_alert():
    assert [line[3:] for line in PAGE.splitlines() if line.startswith("## ")] == \
        [rule["alert"] for rule in RULES]
