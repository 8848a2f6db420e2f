"""Kibana's objects against what its import promises: fixed ids, every reference resolved, nothing
that an 8.19 does not know. Whether their queries find anything, tests/real/test_kibana.py asks."""
import json
import re

import pytest

import kibana_queries

OBJECTS = kibana_queries.load()
DASHBOARDS = [one for (kind, _), one in OBJECTS.items() if kind == "dashboard"]
# The oldest versions of each type's shape that we write; Kibana brings them forward, never back.
VERSIONS = {"index-pattern": "8.0.0", "search": "8.0.0", "lens": "8.9.0", "dashboard": "10.2.0"}


@pytest.mark.parametrize("one", OBJECTS.values(), ids=lambda one: one["id"])
def test_an_object_is_whole(one):
    assert set(one) == {"type", "id", "attributes", "references", "coreMigrationVersion",
                        "typeMigrationVersion", "managed"}
    assert re.fullmatch(r"tributary-[a-z-]+", one["id"]), "an id that is made anew is no id"
    assert one["typeMigrationVersion"] == VERSIONS[one["type"]]
    names = [reference["name"] for reference in one["references"]]
    assert len(names) == len(set(names))
    for reference in one["references"]:
        assert (reference["type"], reference["id"]) in OBJECTS, f"{reference} leads nowhere"


def test_what_an_object_uses_is_referred_to_and_nothing_else():
    used = set()
    for dashboard in DASHBOARDS:
        used.add(dashboard["id"])
        targets = [panel for _, panel in kibana_queries.panels_of(OBJECTS, dashboard)]
        controls = kibana_queries.controls_of(OBJECTS, dashboard)
        assert len(dashboard["references"]) == len(targets) + len(controls)
        used |= {panel["id"] for panel in targets}
        for panel in targets:
            assert len(panel["references"]) == 1 and kibana_queries.view_of(OBJECTS, panel)
    used |= {reference["id"] for one in OBJECTS.values() for reference in one["references"]}
    assert used == {name for _, name in OBJECTS}


def test_there_are_the_four_dashboards_and_their_filters():
    controls = {one["attributes"]["title"]: {field for _, field, _ in
                                             kibana_queries.controls_of(OBJECTS, one)}
                for one in DASHBOARDS}
    assert set(controls) == {f"Tributary: {name}"
                             for name in ("Events", "Pipeline", "Logs", "Dead letters")}
    assert {"type", "id"} <= controls["Tributary: Events"]
    assert {"log.level", "service.name", "trace.id"} <= controls["Tributary: Logs"]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one["id"])
def test_panels_lie_in_the_grid_and_not_on_each_other(dashboard):
    taken = set()
    for place, _ in kibana_queries.panels_of(OBJECTS, dashboard):
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and max(x for x, _ in cells) < 48
        taken |= cells


def test_no_line_falls_out_of_the_charts_of_the_logs():
    """What splits lines by a field takes those without it as well; stats lines have all of them."""
    for one in OBJECTS.values():
        if one["id"].startswith("tributary-logs-") and one["type"] == "lens":
            splits = [column["params"] for column in kibana_queries.layer_of(one)[1].values()
                      if column["operationType"] == "terms"]
            assert splits and all(split["missingBucket"] and split["otherBucket"] for split in splits), one["id"]
    [lines] = [one for (_, name), one in OBJECTS.items() if name == "tributary-logs-lines"]
    assert "kubernetes.container_name" in lines["attributes"]["columns"]


@pytest.mark.parametrize("one", [one for one in OBJECTS.values() if one["type"] == "lens"],
                         ids=lambda one: one["id"])
def test_a_chart_shows_the_columns_that_it_asks_for(one):
    order, columns = kibana_queries.layer_of(one)
    assert set(order) == set(columns)
    shown = json.dumps(one["attributes"]["state"]["visualization"])
    for name in order:
        assert f'"{name}"' in shown, f"{name} is not drawn"
    buckets = [columns[name]["isBucketed"] for name in order]
    assert buckets == sorted(buckets, reverse=True), "buckets come before what is counted in them"
