"""No panel and no rule names a metric, a label or a label's value that running programs do not show."""
import json
import subprocess
import time
import urllib.parse

import pytest
import yaml

import metrics
from busy import keep_busy
from metrics import ROOT
from system import free_port_triple, request, wait_for

FOLDER = ROOT / "deploy/observability"
RULES = [(rule["alert"], rule["expr"])
         for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
         for rule in group["rules"]]
DASHBOARD = json.loads((FOLDER / "grafana/tributary.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = [(f"{panel['title']} {target['refId']}", target["expr"])
           for panel in PANELS for target in panel["targets"]]
# Seen only when something fails: the metric's table says that it exists.
UNSEEN_VALUES = {("status_class", "5xx")}
ADDED_BY_PROMETHEUS = {"job", "instance", "le"}


@pytest.fixture(scope="module")
def known(shown):
    """{metric: (label names, label values)} of both services together, and of Prometheus itself."""
    found = {name: (set(labels), set()) for name, labels in metrics.OF_PROMETHEUS.items()}
    for service in shown.values():
        for name, (_, labels, series) in service.items():
            names, values = found.setdefault(name, (set(), set()))
            names |= labels
            values |= {pair for one in series for pair in one.items()}
    return found


@pytest.mark.parametrize("expression", [pair[1] for pair in RULES + TARGETS],
                         ids=[pair[0] for pair in RULES + TARGETS])
def test_what_an_expression_names_exists(expression, known):
    named = list(metrics.selectors(expression))
    assert named
    labels = set(ADDED_BY_PROMETHEUS)
    for metric, matchers in named:
        assert metric in known, metric
        names, values = known[metric]
        labels |= names
        for label, value in matchers:
            assert label in names | ADDED_BY_PROMETHEUS, f"{metric} has no label {label}"
            assert (label, value) in values | UNSEEN_VALUES or label == "job", \
                f"{metric} never has {label}={value}"
    assert metrics.groupings(expression) <= labels


def test_every_metric_has_its_place_on_the_dashboard(known):
    shown_there = {metric for _, expression in TARGETS for metric, _ in metrics.selectors(expression)}
    assert set(known) - {"up"} <= shown_there


class Prometheus:
    """The real server, with our rules, scraping every second what the rules call the two jobs."""

    def __init__(self, folder, programs, system):
        self.folder, self.programs = folder, programs
        self.url = f"http://127.0.0.1:{free_port_triple()}"
        settings = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
        settings["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        settings["rule_files"] = [str(FOLDER / "alerts.yaml")]
        for job, url in zip(settings["scrape_configs"], (system.producer, system.consumer)):
            job["static_configs"] = [{"targets": [url.removeprefix("http://")]}]
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(settings))

    def __enter__(self):
        with open(self.folder / "prometheus.log", "wb") as log:
            self.process = subprocess.Popen(
                [self.programs / "prometheus", f"--config.file={self.folder}/prometheus.yaml",
                 f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address={self.url.removeprefix('http://')}"],
                stdout=log, stderr=log)
        wait_for(self.is_ready, "Prometheus' readiness")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "prometheus.log").read_text()
        try:
            return request("GET", self.url + "/-/ready", timeout=5).status == 200
        except OSError:
            return False

    def ask(self, path):
        answer = request("GET", self.url + path)
        assert answer.status == 200, answer
        return answer.json["data"]

    def values(self, expression):
        data = self.ask("/api/v1/query?query=" + urllib.parse.quote(expression))
        return [float(row["value"][1]) for row in data["result"]]


def test_a_real_prometheus_shows_a_number_for_every_panel_and_runs_every_rule(
        system, prometheus_folder, tmp_path):
    waiting = {name: expression.replace("$__rate_interval", "30s").replace("$__range", "30s")
               for name, expression in TARGETS}
    with Prometheus(tmp_path, prometheus_folder, system) as server:
        end = time.monotonic() + 60
        number = 1
        while waiting and time.monotonic() < end:
            keep_busy(system, number := number + 1)
            waiting = {name: expression for name, expression in waiting.items()
                       if all(value != value for value in server.values(expression))}
        assert not waiting
        rules = wait_for(lambda: [rule for group in server.ask("/api/v1/rules")["groups"]
                                  for rule in group["rules"] if rule["health"] != "unknown"],
                         "a first look at the rules")
        assert {rule["name"]: rule["health"] for rule in rules} == dict.fromkeys(dict(RULES), "ok")
        # Letters were made on purpose; nothing else may be wrong with a healthy system.
        firing = {rule["name"] for rule in rules if rule["state"] != "inactive"}
        assert firing <= {"TributaryDeadLetters"}
