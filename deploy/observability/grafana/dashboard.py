"""The Grafana dashboard, row by row: the source of tributary.json."""

HEIGHT = 8
RATE = "[$__rate_interval]"


def rate(metric, by="", where=""):
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric}{where}{RATE}))"


def quantiles(histogram, where=""):
    """p50, p95 and p99 of a histogram, as (legend, expression)."""
    return [(f"p{percent}", f"histogram_quantile({percent / 100:g}, "
             f"{rate(histogram + '_bucket', 'le', where)})") for percent in (50, 95, 99)]


def mean(histogram):
    return f"{rate(histogram + '_sum')} / {rate(histogram + '_count')}"


# Row -> panels: title, unit of Grafana, [(legend, expression)], what it shows.
ROWS = {
    "State": [
        ("Ready", "short", [("{{job}}", "sum by (job) (tributary_ready)")],
         "Processes of each service whose /ready answers 200."),
        ("Versions", "short", [("{{job}} {{version}}",
                                "count by (job, version) (tributary_build_info)")],
         "Processes by the version of their build: two while a new one is rolled out."),
        ("Lag", "short", [("records", "sum(tributary_consumer_lag_records)")],
         "Records in the log that are neither a document nor a dead letter yet."),
        ("Dead letters", "short", [("in the range",
                                    "sum(increase(tributary_dead_letters_total[$__range]))")],
         "Records that became dead letters in the time shown."),
    ],
    "Producer": [
        ("Requests", "reqps", [("{{route}} {{method}} {{status_class}}",
                                rate("tributary_http_requests_total", "route, method, status_class"))],
         "Answers by route and outcome."),
        ("Outcome of /produce", "percentunit",
         [("{{status_class}}",
           rate("tributary_http_requests_total", "status_class", '{route="/produce"}') +
           " / ignoring(status_class) group_left " +
           rate("tributary_http_requests_total", "", '{route="/produce"}'))],
         "5xx is the Producer's or the log's fault, 4xx the client's."),
        ("Time to the receipt", "s",
         quantiles("tributary_http_request_duration_seconds", '{route="/produce"}'),
         "From a request to /produce read to its answer given."),
        ("Events accepted", "cps", [("{{type}}", rate("tributary_events_accepted_total", "type"))],
         "Receipts given, by type."),
        ("Events refused", "cps", [("{{reason}}", rate("tributary_events_rejected_total", "reason"))],
         "Problems given, by kind."),
        ("Unknown fates, resolved", "short",
         [("{{outcome}}", f"sum by (outcome) (increase(tributary_late_outcomes_total{RATE}))")],
         "What the log said after the client had been told that the fate is unknown."),
        ("Confirmation by the log", "s", quantiles("tributary_delivery_seconds"),
         "From handing a request's events to the log until it reported on all of them."),
        ("Waiting for the log", "bytes", [("bytes", "sum(tributary_queue_bytes)")],
         "Given to the log and not confirmed."),
        ("Open answers", "short", [("requests", "sum(tributary_open_answers)")],
         "Requests whose answer waits for the log."),
    ],
    "Consumer": [
        ("Lag by topic", "short", [("{{topic}}", "sum by (topic) (tributary_consumer_lag_records)")],
         "Records that wait, by topic."),
        ("Position by partition", "short",
         [("{{topic}}/{{partition}}", "max by (topic, partition) (tributary_consumer_position)")],
         "The offset up to which all are done: level where nothing comes, or a partition stands still."),
        ("Verdicts", "cps", [("{{verdict}}", rate("tributary_consumer_items_total", "verdict"))],
         "What the index said to single documents."),
        ("Dead letters by reason", "short",
         [("{{reason}}", f"sum by (reason) (increase(tributary_dead_letters_total{RATE}))")],
         "Records that became dead letters."),
        ("Received to stored", "s", quantiles("tributary_event_indexed_latency_seconds"),
         "From the Producer's receipt of an event until its document was stored."),
        ("Accepted to found", "s", quantiles("tributary_event_searchable_seconds"),
         "From an event's time in the log until a search finds its document; a sample."),
        ("Held in memory", "short", [("records", "sum(tributary_consumer_buffered_records)"),
                                     ("documents in flight",
                                      "sum(tributary_consumer_in_flight_documents)")],
         "Records read and not done, and documents whose answer is awaited."),
        ("Memory of records", "bytes", [("bytes", "sum(tributary_consumer_buffered_bytes)")],
         "The size of the records held in memory."),
    ],
    "Index and traces": [
        ("Time of a bulk request", "s", quantiles("tributary_index_bulk_seconds"),
         "From sending to the answer."),
        ("Documents of a bulk request", "short", [("mean", mean("tributary_index_bulk_documents"))],
         "Few mean that documents are sent as they come; many, that they wait for the index."),
        ("Bytes of a bulk request", "bytes", [("mean", mean("tributary_index_bulk_bytes"))],
         "Bounded by BULK_MAX_BYTES."),
        ("Trouble", "cps", [("failed requests", rate("tributary_index_failed_requests_total")),
                            ("readers replaced",
                             rate("tributary_consumer_reader_replacements_total")),
                            ("documents sent again",
                             rate("tributary_index_retried_documents_total"))],
         "Zero while all is well."),
        ("Spans", "cps", [("exported", rate("tributary_spans_exported_total")),
                          ("dropped", rate("tributary_spans_dropped_total"))],
         "Spans of sampled events that the collector took, and those that it will not get."),
    ],
}


def panel(number, kind, place, spec):
    title, unit, targets, description = spec
    datasource = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "id": number, "type": kind, "title": title, "description": description,
        "gridPos": place, "datasource": datasource,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [{"refId": chr(ord("A") + i), "legendFormat": legend, "expr": expression,
                     "datasource": datasource, "instant": kind == "stat"}
                    for i, (legend, expression) in enumerate(targets)],
    }


def panels():
    made, y = [], 0
    for row, specs in ROWS.items():
        made.append({"id": len(made) + 1, "type": "row", "title": row, "collapsed": False, "panels": [],
                     "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        y += 1
        kind, width, height = ("stat", 6, 4) if row == "State" else ("timeseries", 8, HEIGHT)
        for i, spec in enumerate(specs):
            place = {"x": i * width % 24, "y": y + i * width // 24 * height, "w": width, "h": height}
            made.append(panel(len(made) + 1, kind, place, spec))
        y += -(-len(specs) * width // 24) * height
    return made


def dashboard():
    return {
        "uid": "tributary", "title": "Tributary", "tags": ["tributary"], "schemaVersion": 39,
        "editable": True, "timezone": "browser", "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "label": "Prometheus", "type": "datasource",
                                 "query": "prometheus"}]},
        "annotations": {"list": []},
        "panels": panels(),
    }
