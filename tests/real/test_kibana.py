"""Every panel of Kibana's dashboards finds something over what the running programs wrote: events and
dead letters into the index, log lines to stdout. Kibana itself is not here; its queries are.

TRIBUTARY_PICTURES names a folder that gets the dashboards, drawn: docs/images for the documentation.
"""
import datetime
import itertools
import json
import os
import pathlib
import re
import threading
import uuid
import xml.etree.ElementTree as xml

import pytest

import kibana_drawing
import kibana_queries
import metrics
from real_system import PATIENCE, RealSystem
from system import request, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "deploy/observability/logs_template.json"
RUN = uuid.uuid4().hex[:8]
OBJECTS = kibana_queries.load()
DASHBOARDS = [one for (kind, _), one in OBJECTS.items() if kind == "dashboard"]
PANELS = {panel["id"]: panel for one in DASHBOARDS
          for _, panel in kibana_queries.panels_of(OBJECTS, one)}
# Kept in the document, not mapped: Discover shows it all the same.
ONLY_IN_SOURCE = {"detail"}


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def wave(number):
    """Some good events, a bad one, one twice, one id for two contents."""
    events = [{"type": kind, "id": f"{RUN}-{number}-{kind}-{i}", "data": {"id": i, "total": i}}
              for kind, count in (("order", 4 + number % 7), ("product", 3), ("supplier", 1))
              for i in range(count)]
    again = {"type": "order", "id": f"{RUN}-{number}-again", "data": {"id": 7}}
    events += [again, again] if number % 3 == 0 else []
    events.append({"specversion": "1.0", "type": "supplier", "source": "/purchasing",
                   "id": f"{RUN}-{number}-cloud", "data": {"id": number}})
    if number % 5 == 0:
        events += [{"type": "order", "id": f"{RUN}-{number - 1}-order-0", "data": {"id": -1}},
                   {"type": "invoice", "data": {}}]
    return events


class Load:
    """Waves of events until it is left."""

    def __init__(self, system):
        self.system, self.stopping = system, threading.Event()
        self.count = 0
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        for number in itertools.count():
            for event in wave(number):
                # Not in one batch, where an id may stand for one content only.
                is_cloud = "specversion" in event
                self.system.post(event, {"Content-Type": "application/cloudevents+json"}
                                 if is_cloud else None)
            self.count = number
            if self.stopping.wait(0.1):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(60)


class Observed:
    """What one busy minute left in the index, log lines included."""

    def __init__(self, folder, stack):
        self.system = RealSystem(folder, stack, TRACE_SAMPLE_PERCENT="100")
        self.start = now()
        installed = self.system.cli("logs", "install", str(TEMPLATE))
        assert installed.returncode == 0, installed.stderr
        with self.system as system:
            with Load(system) as load:
                self.wait_for_stats(3)
                stack.index.pause()
                try:
                    system.consumers[0].wait_unready()
                finally:
                    stack.index.resume()
                system.consumers[0].wait_ready()
                self.wait_for_stats(2)
                assert load.count > 10
            system.put_record("products", "no event")
            system.settled_ledger()
            dropped = system.cli("dlq", "drop", "--reason", "undecodable", "--all", "--by", "a test",
                                 "--url", system.url)
            assert dropped.returncode == 0, dropped.stderr
            self.shown = {service: request("GET", program.url + "/metrics").body.decode()
                          for service, program in (("Producer", system.producer_program),
                                                   ("Consumer", system.consumers[0]))}
        self.end = now()
        self.lines = self.load_lines()

    def wait_for_stats(self, count):
        """So many more lines of numbers."""
        def lines():
            return self.system.consumers[0].log_text().count('"action":"pipeline.stats"')
        before = lines()
        wait_for(lambda: lines() >= before + count, f"{count} lines of numbers", PATIENCE)

    def load_lines(self):
        """As a log collector would: each line a document of the day's index, only ever created."""
        lines = [line for program in self.system.all_programs
                 for line in program.log_text().splitlines() if line.startswith("{")]
        for i in range(0, len(lines), 2000):
            body = "".join(f'{{"create":{{"_index":"tributary-logs-{self.day(line)}"}}}}\n{line}\n'
                           for line in lines[i:i + 2000])
            answer = self.system.ask_index("POST", "/_bulk?refresh=true", body).json
            refused = [item["create"] for item in answer["items"] if item["create"]["status"] != 201]
            assert not refused, refused[:3]
        assert self.system.ask_index("POST", "/_refresh").status == 200
        return [json.loads(line) for line in lines]

    @staticmethod
    def day(line):
        return json.loads(line)["@timestamp"][:10].replace("-", ".")

    def ask(self, indices, body):
        answer = self.system.ask_index("POST", f"/{indices}/_search", body)
        assert answer.status == 200, answer
        assert answer.json["_shards"]["failed"] == 0, answer
        return answer.json

    def ask_panel(self, panel):
        seconds = kibana_drawing.step(panel, self.start, self.end)
        body = kibana_queries.body_of(OBJECTS, panel, self.start.isoformat(), self.end.isoformat(),
                                      seconds)
        return self.ask(kibana_queries.view_of(OBJECTS, panel)["title"], body)


@pytest.fixture(scope="module")
def observed(zookeeper_stack, tmp_path_factory):
    return Observed(tmp_path_factory.mktemp("kibana"), zookeeper_stack)


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_finds_something(observed, name):
    panel = PANELS[name]
    answer = observed.ask_panel(panel)
    assert answer["hits"]["total"]["value"] > 0
    if panel["type"] == "search":
        return
    rows = kibana_queries.rows_of(panel, answer)
    order, columns = kibana_queries.layer_of(panel)
    for column in order:
        assert any(row[column] is not None for row in rows), f"{columns[column]['label']} is empty"
    if any(column.get("operationType") == "count" for column in columns.values()):
        assert all(row["m0"] > 0 for row in rows if "time" not in row)


def test_the_pipeline_counts_what_went_through_it(observed):
    """The numbers in the log lines are those of the documents."""
    def total(name):
        (row,) = kibana_queries.rows_of(PANELS[name], observed.ask_panel(PANELS[name]))
        return row["m0"]
    redelivered = int(re.search(r'_items_total\{verdict="redelivery"\} (\d+)',
                                observed.shown["Consumer"]).group(1))
    since = {"query": {"range": {"pipeline.indexed_at": {"gte": observed.start.isoformat()}}},
             "size": 0, "track_total_hits": True}
    documents = observed.ask("*-index,-dead-letters-index", since)["hits"]["total"]["value"]
    letters = total("tributary-dead-letters-count")
    # What was stored while the index stood still was found to be there at the next try.
    assert 0 < documents - redelivered <= total("tributary-pipeline-indexed") <= documents
    assert total("tributary-pipeline-dead-lettered") == letters > 0
    assert total("tributary-pipeline-accepted") >= total("tributary-events-count")
    assert 0 < total("tributary-dead-letters-open") < letters


@pytest.mark.parametrize("service", metrics.SERVICES)
def test_over_kafka_and_elasticsearch_the_metrics_are_those_of_the_table(observed, service):
    documented = metrics.documented(service)[0]
    for name, (kind, labels, _) in metrics.parse(observed.shown[service]).items():
        assert documented[name] == (kind, labels), name


def fields_in_source(hits):
    def walk(value, path):
        for name, member in value.items():
            yield f"{path}{name}"
            if isinstance(member, dict):
                yield from walk(member, f"{path}{name}.")
    return {field for hit in hits for field in walk(hit["_source"], "")}


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_names_no_field_that_is_not_there(observed, name):
    panel = PANELS[name]
    indices = kibana_queries.view_of(OBJECTS, panel)["title"]
    mapped = observed.system.ask_index("GET", f"/{indices}/_field_caps?fields=*").json["fields"]
    wanted = kibana_queries.fields_of(OBJECTS, panel)
    assert wanted - set(mapped) <= ONLY_IN_SOURCE
    hits = observed.ask_panel(panel | {"type": "search", **searched(panel)})["hits"]["hits"]
    present = fields_in_source(hits)
    named = {field.removesuffix(".keyword") for field in wanted}
    # What Fluent Bit adds is there on Kubernetes alone.
    optional = {"error.message", "event.id", "trace.id", "subject", "kubernetes.container_name"}
    assert named - optional <= present, "no document has it"


def searched(panel):
    """A chart as the search for the documents that it counts."""
    if panel["type"] == "search":
        return {}
    view = kibana_queries.view_of(OBJECTS, panel)
    reference = {"type": "index-pattern", "name": kibana_queries.IN_SEARCH,
                 "id": panel["references"][0]["id"]}
    source = {"query": panel["attributes"]["state"]["query"]}
    return {"references": [reference],
            "attributes": {"columns": [], "sort": [[view["timeFieldName"], "desc"]],
                           "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source)}}}


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one["id"])
def test_every_filter_has_something_to_choose(observed, dashboard):
    for label, field, view in kibana_queries.controls_of(OBJECTS, dashboard):
        answer = observed.ask(view["title"], {
            "size": 0, "aggs": {"values": {"terms": {"field": field, "size": 5}}}})
        assert answer["aggregations"]["values"]["buckets"], label


def test_one_trace_leads_from_a_document_to_the_lines_of_every_service(observed):
    """The search of the dashboard Logs, filtered by the trace of an event."""
    found = observed.ask("orders-index", {"size": 1, "query": {"term": {"type": "order"}},
                                          "sort": [{"pipeline.received_at": "desc"}]})
    event = found["hits"]["hits"][0]["_source"]
    trace = event["traceparent"].split("-")[1]
    lines = observed.ask("tributary-logs-*", {"size": 50, "query": {"term": {"trace.id": trace}}})
    services = {hit["_source"]["service"]["name"] for hit in lines["hits"]["hits"]
                if hit["_source"]["event"]["id"] == event["id"]}
    assert services == {"tributary-producer", "tributary-consumer"}


def test_a_field_that_the_template_does_not_name_is_kept_and_not_mapped(observed):
    index = f"tributary-logs-{now():%Y.%m.%d}"
    line = {"@timestamp": now().isoformat(), "message": "foreign", "surprise": {"a": "1"}}
    assert observed.system.ask_index("POST", f"/{index}/_doc?refresh=true", line).status == 201
    mapping = observed.system.ask_index("GET", f"/{index}/_mapping").json[index]["mappings"]
    assert mapping["dynamic"] == "false" and "surprise" not in mapping["properties"]


@pytest.mark.parametrize("name", ["tributary-logs-by-level", "tributary-logs-by-service"])
def test_a_line_without_level_and_service_is_counted(observed, name):
    """As Kafka and ZooKeeper write them, and Fluent Bit hands them over."""
    line = {"@timestamp": observed.end.isoformat(), "message": "plain",
            "kubernetes": {"container_name": "zookeeper"}}
    index = f"tributary-logs-{observed.end:%Y.%m.%d}"
    assert observed.system.ask_index("POST", f"/{index}/_doc?refresh=true", line).status == 201
    rows = kibana_queries.rows_of(PANELS[name], observed.ask_panel(PANELS[name]))
    assert any(kibana_queries.MISSING in row.values() and row["m0"] > 0 for row in rows), rows


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one["id"])
def test_a_dashboard_can_be_drawn_from_its_own_queries(observed, dashboard, tmp_path):
    picture = kibana_drawing.draw(OBJECTS, dashboard, observed.ask, observed.start, observed.end)
    titles = {element.text for element in xml.fromstring(picture).iter() if element.text}
    assert {panel["attributes"]["title"]
            for _, panel in kibana_queries.panels_of(OBJECTS, dashboard)} <= titles
    folder = pathlib.Path(os.environ.get("TRIBUTARY_PICTURES", tmp_path))
    name = dashboard["id"].removeprefix("tributary-dashboard-")
    (folder / f"kibana-{name}.svg").write_text(picture)


def test_retention_deletes_what_is_old_and_nothing_else(observed):
    """Last: it takes away what the others look at."""
    system = observed.system
    old = f"tributary-logs-{now() - datetime.timedelta(days=15):%Y.%m.%d}"
    assert system.ask_index("PUT", f"/{old}").status == 200
    open_letters = {"query": {"term": {"state": "open"}}, "track_total_hits": True}
    before = observed.ask("dead-letters-index", open_letters)["hits"]["total"]["value"]
    said = system.cli("retention", "--dry-run")
    assert said.returncode == 0 and old in {json.loads(line)["tributary"]["retention"]["index"]
                                            for line in said.stdout.splitlines()}, said
    assert system.ask_index("HEAD", f"/{old}").status == 200

    system.environment["RETENTION_DEAD_LETTERS"] = "1ms"
    done = system.cli("retention", "--json")
    assert done.returncode == 0, done.stderr
    deleted = {row["index"]: row["deleted"] for row in json.loads(done.stdout)}
    assert deleted[old] == "all" and deleted["dead-letters-index"] >= 1
    assert system.ask_index("HEAD", f"/{old}").status == 404
    assert system.ask_index("HEAD", f"/tributary-logs-{now():%Y.%m.%d}").status == 200
    states = observed.ask("dead-letters-index", {"size": 0, "aggs": {
        "states": {"terms": {"field": "state"}}}})["aggregations"]["states"]["buckets"]
    assert [(row["key"], row["doc_count"]) for row in states] == [("open", before)]

    # Other tests count these documents: they stay.
    system.environment["RETENTION_EVENTS"] = "1ms"
    said = system.cli("retention", "--dry-run", "--json")
    events = {row["index"]: row["deleted"] for row in json.loads(said.stdout)}
    assert events["orders-index"] > 0 and events["suppliers-index"] > 0
