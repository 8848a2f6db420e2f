"""What Kibana would ask Elasticsearch for the saved objects that we ship, made from their files.

Only what our own objects use is understood; anything else is an error, so that nothing is shown that
was not asked.
"""
import json
import pathlib
import re

FILE = pathlib.Path(__file__).resolve().parents[2] / "deploy/observability/kibana/objects.ndjson"
MISSING = "(missing value)"
IN_LAYER = "indexpattern-datasource-layer-data"
IN_SEARCH = "kibanaSavedObjectMeta.searchSourceJSON.index"


def load(file=FILE):
    """{(type, id): object}"""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    found = {(one["type"], one["id"]): one for one in lines}
    assert len(found) == len(lines), "an id occurs twice"
    return found


def referred(objects, one, name):
    """The object that `one` means by a reference's name."""
    (target,) = [(ref["type"], ref["id"]) for ref in one["references"] if ref["name"] == name]
    return objects[target]


def view_of(objects, one):
    return referred(objects, one, IN_SEARCH if one["type"] == "search" else IN_LAYER)["attributes"]


def panels_of(objects, dashboard):
    """[(place, object)] in the order of the dashboard."""
    return [(panel["gridData"],
             referred(objects, dashboard, f"{panel['panelIndex']}:{panel['panelRefName']}"))
            for panel in json.loads(dashboard["attributes"]["panelsJSON"])]


def controls_of(objects, dashboard):
    """[(label, field, data view)]"""
    return [(panel["explicitInput"]["title"], panel["explicitInput"]["fieldName"],
             referred(objects, dashboard, f"controlGroup_{name}:optionsListDataView")["attributes"])
            for name, panel in json.loads(
                dashboard["attributes"]["controlGroupInput"]["panelsJSON"]).items()]


def conditions(query):
    """The words of a KQL query as [(is not, field, values)]."""
    assert query["language"] == "kuery", query
    found = []
    for term in filter(None, re.split(r"\s+and\s+", query["query"])):
        match = re.fullmatch(r'(not )?([\w.@]+): (?:"([^"]*)"|\(([^)]*)\))', term)
        assert match, f"this is not understood: {term}"
        negation, field, value, several = match.groups()
        found.append((bool(negation), field, [value] if several is None else
                      re.findall(r'"([^"]*)"', several)))
    return found


def condition_query(query):
    must, must_not = [], []
    for is_not, field, values in conditions(query):
        (must_not if is_not else must).append({"terms": {field: values}})
    return {"bool": {"filter": must, "must_not": must_not}}


def layer_of(lens):
    (layer,) = lens["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].values()
    return layer["columnOrder"], layer["columns"]


def query_of(one):
    if one["type"] == "search":
        meta = one["attributes"]["kibanaSavedObjectMeta"]
        return json.loads(meta["searchSourceJSON"])["query"]
    return one["attributes"]["state"]["query"]


def fields_of(objects, one):
    """Every field that a panel names."""
    fields = {view_of(objects, one)["timeFieldName"]}
    fields |= {field for _, field, _ in conditions(query_of(one))}
    if one["type"] == "search":
        return fields | set(one["attributes"]["columns"]) | {by for by, _ in one["attributes"]["sort"]}
    for column in layer_of(one)[1].values():
        fields.add(column["sourceField"])
        fields |= {field for _, field, _ in conditions(column.get("filter",
                                                                  {"query": "", "language": "kuery"}))}
    return fields - {"___records___"}


def in_range(objects, one, start, end):
    time = {"range": {view_of(objects, one)["timeFieldName"]: {"gte": start, "lte": end}}}
    return {"bool": {"filter": [time, condition_query(query_of(one))]}}


def aggregation(column):
    """What a metric column asks; None for a plain count, which every bucket has."""
    kind, field = column["operationType"], column["sourceField"]
    if kind == "count":
        return {"filter": condition_query(column["filter"])} if "filter" in column else None
    if kind == "percentile":
        return {"percentiles": {"field": field, "percents": [column["params"]["percentile"]]}}
    assert kind in ("sum", "max"), kind
    return {kind: {"field": field}}


def bucket_aggregation(column, metrics, seconds):
    kind, field = column["operationType"], column["sourceField"]
    if kind == "date_histogram":
        return {"date_histogram": {"field": field, "fixed_interval": f"{seconds}s",
                                   "min_doc_count": 0}}
    assert kind == "terms", kind
    by = column["params"]["orderBy"]["columnId"]
    order = "_count" if aggregation(metrics[by]) is None else by
    # Kibana asks for what has no value only where it asks for all other values, too.
    is_missing_asked = column["params"]["missingBucket"] and column["params"]["otherBucket"]
    return {"terms": {"field": field, "size": column["params"]["size"],
                      "order": {order: column["params"]["orderDirection"]}} |
            ({"missing": MISSING} if is_missing_asked else {})}


def body_of(objects, one, start, end, seconds):
    """The body of `_search`; buckets over time are of so many seconds."""
    query = in_range(objects, one, start, end)
    if one["type"] == "search":
        return {"size": 50, "query": query, "track_total_hits": True,
                "sort": [{field: order} for field, order in one["attributes"]["sort"]]}
    order, columns = layer_of(one)
    metrics = {name: columns[name] for name in order if not columns[name]["isBucketed"]}
    asked = {name: made for name, column in metrics.items() if (made := aggregation(column))}
    aggregations = dict(asked)
    for name in reversed([name for name in order if columns[name]["isBucketed"]]):
        made = bucket_aggregation(columns[name], metrics, seconds)
        aggregations = asked | {name: made | {"aggs": aggregations}}
    return {"size": 0, "query": query, "track_total_hits": True, "aggs": aggregations}


def value_of(column, name, bucket):
    """What a metric column says about a bucket; None where there is nothing."""
    kind = column["operationType"]
    if kind == "count":
        return bucket.get(name, bucket)["doc_count"]
    if kind == "percentile":
        (value,) = bucket[name]["values"].values()
        return value
    is_empty = bucket["doc_count"] == 0 and column["params"].get("emptyAsNull")
    return None if is_empty else bucket[name]["value"]


def rows_of(one, answer):
    """The table that a chart is drawn from: [{column: value}], innermost buckets, in order."""
    order, columns = layer_of(one)
    buckets = [name for name in order if columns[name]["isBucketed"]]

    def walk(bucket, names, row):
        if not names:
            yield row | {name: value_of(columns[name], name, bucket)
                         for name in order if not columns[name]["isBucketed"]}
            return
        for inner in bucket[names[0]]["buckets"]:
            yield from walk(inner, names[1:], row | {names[0]: inner["key"]})
    whole = answer.get("aggregations", {}) | {"doc_count": answer["hits"]["total"]["value"]}
    return list(walk(whole, buckets, {}))
