"""Kibana's data views, saved searches and dashboards: the source of objects.ndjson.

Ids are fixed, so importing again replaces what was there. The format is that of Kibana 8.19; `*Version`
name the oldest shape that it takes, and Kibana brings older ones forward by itself.
"""
import json

EVENTS, LOGS, LETTERS = "tributary-events", "tributary-logs", "tributary-dead-letters"
# Id -> name, indices, field of time. Every index of the catalog ends in -index.
DATA_VIEWS = {
    EVENTS: ("Tributary events", "*-index,-dead-letters-index", "pipeline.received_at"),
    LOGS: ("Tributary logs", "tributary-logs-*", "@timestamp"),
    LETTERS: ("Tributary dead letters", "dead-letters-index", "@timestamp"),
}
CORE_VERSION = "8.8.0"
VERSIONS = {"index-pattern": "8.0.0", "search": "8.0.0", "lens": "8.9.0", "dashboard": "10.2.0"}
STATS = 'event.action: "pipeline.stats"'
WIDTH = 48  # Of Kibana's grid.


def saved(kind, name, attributes, references=()):
    return {"type": kind, "id": name, "attributes": attributes, "references": list(references),
            "coreMigrationVersion": CORE_VERSION, "typeMigrationVersion": VERSIONS[kind],
            "managed": False}


def reference(kind, target, name):
    return {"type": kind, "id": target, "name": name}


def kuery(query=""):
    return {"query": query, "language": "kuery"}


def data_view(name):
    title, indices, time = DATA_VIEWS[name]
    return saved("index-pattern", name, {"name": title, "title": indices, "timeFieldName": time})


def search(name, title, view, columns, query=""):
    """A table of documents, the newest first."""
    in_source = "kibanaSavedObjectMeta.searchSourceJSON.index"
    source = {"query": kuery(query), "filter": [], "indexRefName": in_source}
    attributes = {"title": title, "description": "", "columns": columns,
                  "sort": [[DATA_VIEWS[view][2], "desc"]], "grid": {}, "hideChart": False,
                  "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source)}}
    return saved("search", name, attributes, [reference("index-pattern", view, in_source)])


# Columns of a chart: what is counted, and what it is split by.
def count(label, only=""):
    return column(label, "number", "count", "___records___", {"emptyAsNull": True}, only)


def total(label, field, a_second=False):
    made = column(label, "number", "sum", field, {"emptyAsNull": True})
    return made | ({"timeScale": "s"} if a_second else {})


def highest(label, field):
    return column(label, "number", "max", field, {})


def percentile(label, field, which):
    return column(label, "number", "percentile", field, {"percentile": which})


def column(label, data_type, operation, field, params, only=""):
    made = {"label": label, "customLabel": True, "dataType": data_type, "operationType": operation,
            "sourceField": field, "isBucketed": False, "scale": "ratio", "params": params}
    return made | ({"filter": kuery(only)} if only else {})


def over_time(field):
    return {"label": "Time", "customLabel": True, "dataType": "date", "isBucketed": True,
            "operationType": "date_histogram", "sourceField": field, "scale": "interval",
            "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False}}


def top(label, field, size=10, with_missing=False):
    """The most frequent values; `m0` is the first thing that the chart counts. With what has no such
    field as a value of its own, which Kibana offers only beside one for all others."""
    return {"label": label, "customLabel": True, "dataType": "string", "isBucketed": True,
            "operationType": "terms", "sourceField": field, "scale": "ordinal",
            "params": {"size": size, "orderBy": {"type": "column", "columnId": "m0"},
                       "orderDirection": "desc", "otherBucket": with_missing, "missingBucket": with_missing,
                       "parentFormat": {"id": "terms"}}}


def top_of_lines(label, field):
    """Lines of other programs need not have a level, a service or a short message: they count, too."""
    return top(label, field, with_missing=True)


def chart(name, title, view, visualization_type, visualization, buckets, metrics, query=""):
    """`buckets` are columns by id, the outermost first."""
    columns = buckets | {f"m{i}": one for i, one in enumerate(metrics)}
    layer = {"columns": columns, "columnOrder": list(columns), "incompleteColumns": {}, "sampling": 1,
             "ignoreGlobalFilters": False}
    state = {"visualization": visualization, "query": kuery(query), "filters": [],
             "datasourceStates": {"formBased": {"layers": {"data": layer}}},
             "internalReferences": [], "adHocDataViews": {}}
    return saved("lens", name, {"title": title, "description": "", "state": state,
                                "visualizationType": visualization_type},
                 [reference("index-pattern", view, "indexpattern-datasource-layer-data")])


def number(name, title, view, metric, query=""):
    shape = {"layerId": "data", "layerType": "data", "metricAccessor": "m0"}
    return chart(name, title, view, "lnsMetric", shape, {}, [metric], query)


def lines(name, title, view, metrics, split=None, query="", kind="line"):
    """Something over time; `split` makes a line of each of its values."""
    layer = {"layerId": "data", "layerType": "data", "seriesType": kind, "xAccessor": "time",
             "accessors": [f"m{i}" for i in range(len(metrics))]}
    layer |= {"splitAccessor": "split"} if split else {}
    shape = {"legend": {"isVisible": True, "position": "right"}, "valueLabels": "hide",
             "preferredSeriesType": kind, "fittingFunction": "Linear" if kind == "line" else "None",
             "layers": [layer]}
    buckets = ({"split": split} if split else {}) | {"time": over_time(DATA_VIEWS[view][2])}
    return chart(name, title, view, "lnsXY", shape, buckets, metrics, query)


def bars(name, title, view, metric, split=None, query=""):
    return lines(name, title, view, [metric], split, query, "bar_stacked")


def table(name, title, view, buckets, metrics, query=""):
    buckets = {f"b{i}": one for i, one in enumerate(buckets)}
    columns = [*buckets, *(f"m{i}" for i in range(len(metrics)))]
    shape = {"layerId": "data", "layerType": "data", "columns": [{"columnId": one} for one in columns]}
    return chart(name, title, view, "lnsDatatable", shape, buckets, metrics, query)


def controls(view, fields):
    """The filters above a dashboard, by label."""
    panels, references = {}, []
    for order, (label, field) in enumerate(fields.items()):
        name = field.replace(".", "-")
        panels[name] = {"type": "optionsListControl", "order": order, "grow": True, "width": "medium",
                        "explicitInput": {"id": name, "fieldName": field, "title": label,
                                          "searchTechnique": "prefix", "selectedOptions": [],
                                          "enhancements": {}}}
        references.append(reference("index-pattern", view,
                                    f"controlGroup_{name}:optionsListDataView"))
    ignored = dict.fromkeys(("ignoreFilters", "ignoreQuery", "ignoreTimerange", "ignoreValidations"),
                            False)
    return {"controlStyle": "oneLine", "chainingSystem": "HIERARCHICAL",
            "panelsJSON": json.dumps(panels),
            "ignoreParentSettingsJSON": json.dumps(ignored)}, references


def dashboard(name, title, description, filters, rows):
    """`rows` are (height, [(width, object), …])."""
    group, references = controls(*filters)
    panels, y = [], 0
    for height, row in rows:
        x = 0
        for width, (kind, target) in row:
            i = f"p{len(panels)}"
            panels.append({"type": kind, "panelIndex": i, "panelRefName": f"panel_{i}",
                           "gridData": {"x": x, "y": y, "w": width, "h": height, "i": i},
                           "embeddableConfig": {"enhancements": {}}})
            references.append(reference(kind, target, f"{i}:panel_{i}"))
            x += width
        y += height
    attributes = {
        "title": title, "description": description, "version": 1, "panelsJSON": json.dumps(panels),
        "controlGroupInput": group, "timeRestore": True, "timeFrom": "now-1h", "timeTo": "now",
        "refreshInterval": {"pause": False, "value": 30000},
        "optionsJSON": json.dumps({"useMargins": True, "syncColors": True, "syncCursor": True,
                                   "syncTooltips": False, "hidePanelTitles": False}),
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps({"query": kuery(), "filter": []})}}
    return saved("dashboard", name, attributes, references)


PANELS = [
    number("tributary-events-count", "Events", EVENTS, count("Events")),
    bars("tributary-events-by-type", "Events by type", EVENTS, count("Events"), top("Type", "type")),
    table("tributary-events-by-source", "Events by source", EVENTS, [top("Source", "source")],
          [count("Events")]),
    search("tributary-events-latest", "Latest events", EVENTS,
           ["type", "id", "source", "subject", "pipeline.latency_ms", "kafka.topic",
            "kafka.partition", "kafka.offset"]),

    number("tributary-pipeline-accepted", "Accepted", LOGS, total("Events", "tributary.stats.accepted"),
           STATS),
    number("tributary-pipeline-indexed", "Indexed", LOGS, total("Events", "tributary.stats.indexed"),
           STATS),
    number("tributary-pipeline-dead-lettered", "Dead-lettered", LOGS,
           total("Records", "tributary.stats.dead_lettered"), STATS),
    number("tributary-pipeline-lag-now", "Highest lag", LOGS, highest("Records", "tributary.stats.lag"),
           STATS),
    lines("tributary-pipeline-throughput", "Throughput of each stage", LOGS,
          [total("Accepted a second", "tributary.stats.accepted", a_second=True),
           total("Indexed a second", "tributary.stats.indexed", a_second=True),
           total("Dead-lettered a second", "tributary.stats.dead_lettered", a_second=True)],
          query=STATS),
    lines("tributary-pipeline-latency", "Received to indexed", EVENTS,
          [percentile(f"p{which} ms", "pipeline.latency_ms", which) for which in (50, 95, 99)]),
    lines("tributary-pipeline-lag", "Lag of the Consumer that is furthest behind", LOGS,
          [highest("Records", "tributary.stats.lag")], query=STATS),
    lines("tributary-pipeline-queue", "Waiting in memory", LOGS,
          [highest("Bytes", "tributary.stats.queue_bytes")], top("Service", "service.name"), STATS),
    lines("tributary-pipeline-trouble", "What did not go through at once", LOGS,
          [total("Refused", "tributary.stats.rejected"),
           total("Fate unknown", "tributary.stats.unknown"),
           total("Duplicates", "tributary.stats.duplicates"),
           total("Tried again", "tributary.stats.retries"),
           total("Failed requests to the index", "tributary.stats.failed_requests")],
          query=STATS, kind="bar_stacked"),

    bars("tributary-logs-by-level", "Lines by level", LOGS, count("Lines"),
         top_of_lines("Level", "log.level")),
    table("tributary-logs-by-service", "Lines by service", LOGS,
          [top_of_lines("Service", "service.name"), top_of_lines("Level", "log.level")], [count("Lines")]),
    table("tributary-logs-warnings", "Warnings and errors", LOGS,
          [top_of_lines("Message", "message.keyword"), top_of_lines("Service", "service.name")],
          [count("Lines")],
          'log.level: ("warn" or "error")'),
    search("tributary-logs-lines", "Log lines", LOGS,
           ["service.name", "kubernetes.container_name", "log.level", "message", "event.id", "trace.id", "error.message"],
           f"not {STATS}"),

    number("tributary-dead-letters-open", "Open", LETTERS, count("Letters", 'state: "open"')),
    number("tributary-dead-letters-count", "All", LETTERS, count("Letters")),
    bars("tributary-dead-letters-by-reason", "Dead letters by reason", LETTERS, count("Letters"),
         top("Reason", "reason")),
    table("tributary-dead-letters-by-topic", "Dead letters by origin", LETTERS,
          [top("Topic", "origin.topic"), top("Reason", "reason"), top("State", "state")],
          [count("Letters")]),
    search("tributary-dead-letters-latest", "Latest dead letters", LETTERS,
           ["reason", "state", "type", "id", "origin.topic", "origin.partition", "origin.offset",
            "detail"]),
]
KINDS = {one["id"]: one["type"] for one in PANELS}


def row(height, *panels):
    """Panels as (width, id without `tributary-`)."""
    return height, [(width, (KINDS[f"tributary-{name}"], f"tributary-{name}")) for width, name in panels]


DASHBOARDS = [
    dashboard("tributary-dashboard-events", "Tributary: Events", "What arrived.",
              (EVENTS, {"Type": "type", "Event id": "id", "Source": "source"}),
              [row(12, (8, "events-count"), (24, "events-by-type"), (16, "events-by-source")),
               row(20, (WIDTH, "events-latest"))]),
    dashboard("tributary-dashboard-pipeline", "Tributary: Pipeline",
              "What the services did, from the line of numbers that each logs every ten seconds.",
              (LOGS, {"Service": "service.name"}),
              [row(6, (12, "pipeline-accepted"), (12, "pipeline-indexed"),
                   (12, "pipeline-dead-lettered"), (12, "pipeline-lag-now")),
               row(12, (24, "pipeline-throughput"), (24, "pipeline-latency")),
               row(12, (16, "pipeline-lag"), (16, "pipeline-queue"), (16, "pipeline-trouble"))]),
    dashboard("tributary-dashboard-logs", "Tributary: Logs", "What the programs said.",
              (LOGS, {"Service": "service.name", "Level": "log.level", "Trace": "trace.id",
                      "Event id": "event.id"}),
              [row(12, (20, "logs-by-level"), (12, "logs-by-service"), (16, "logs-warnings")),
               row(22, (WIDTH, "logs-lines"))]),
    dashboard("tributary-dashboard-dead-letters", "Tributary: Dead letters",
              "What could not be indexed, and why.",
              (LETTERS, {"Reason": "reason", "State": "state", "Topic": "origin.topic",
                         "Event id": "id"}),
              [row(12, (6, "dead-letters-open"), (6, "dead-letters-count"),
                   (20, "dead-letters-by-reason"), (16, "dead-letters-by-topic")),
               row(20, (WIDTH, "dead-letters-latest"))]),
]


def objects():
    return [*map(data_view, DATA_VIEWS), *PANELS, *DASHBOARDS]


def ndjson():
    return "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in objects())
