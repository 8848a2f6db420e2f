"""docs/metrics.md and what running programs show are the same."""
import pytest

import metrics
from system import request

UNIT_OF_SUFFIX = {"seconds": "seconds", "bytes": "bytes", "records": "records",
                  "documents": "documents"}


@pytest.mark.parametrize("service", metrics.SERVICES)
def test_every_metric_stands_in_the_table_and_every_row_exists(service, shown):
    assert {name: (kind, labels) for name, (kind, labels, _) in shown[service].items()} == \
        metrics.documented(service)[0]


@pytest.mark.parametrize("service", metrics.SERVICES)
def test_names_say_their_unit(service):
    names, units = metrics.documented(service)
    assert names
    for name, (kind, _) in names.items():
        assert (kind == "counter") == name.endswith("_total"), name
        suffix = name.removesuffix("_total").rsplit("_", 1)[1]
        assert units[name] == UNIT_OF_SUFFIX.get(suffix, units[name]), name


def test_a_service_that_drains_or_waits_says_that_it_is_not_ready(system):
    for url in (system.producer, system.consumer):
        assert "\ntributary_ready 1\n" in request("GET", url + "/metrics").body.decode()


def test_an_accepted_event_is_searched_for_and_found(shown):
    kind, _, _ = shown["Consumer"]["tributary_event_searchable_seconds"]
    assert kind == "histogram"
