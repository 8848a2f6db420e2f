"""One embedded system that has done a bit of everything, for all tests of this folder."""
import pathlib
import sys

import pytest

import metrics
import tools
from system import System, request, wait_for

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from busy import keep_busy  # noqa: E402


def has_measured(system):
    """What is not counted but looked at now and then."""
    text = request("GET", system.consumer + "/metrics").body.decode()
    return "tributary_consumer_lag_records{" in text and \
        "tributary_event_searchable_seconds_count 0\n" not in text


@pytest.fixture(scope="session")
def system(tmp_path_factory):
    with System(tmp_path_factory.mktemp("system"), SEARCH_PROBE_INTERVAL="100ms") as one:
        keep_busy(one, 0)
        one.settled_ledger()
        wait_for(lambda: has_measured(one), "a lag that is measured, and an event searched and found")
        yield one


@pytest.fixture(scope="session")
def shown(system):
    """What each service shows: {service: {metric: (type, labels, series)}}."""
    return {service: metrics.parse(request("GET", url + "/metrics").body.decode())
            for service, url in (("Producer", system.producer), ("Consumer", system.consumer))}


@pytest.fixture(scope="session")
def prometheus_folder():
    folder = tools.prometheus()
    if folder is None:
        pytest.skip("there is no Prometheus, and no Debian to take it from")
    return folder
