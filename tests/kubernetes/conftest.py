"""A cluster once for all tests of this folder, and the system on it."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from cluster import any_cluster, with_storage  # noqa: E402
from deployed import Deployed  # noqa: E402
from images import AGENT, FLUENT_BIT, OURS, SERVERS, build_agent, build_ours, build_servers  # noqa: E402


@pytest.fixture(scope="session")
def cluster():
    for one in any_cluster():
        with_storage(one)
        yield one


@pytest.fixture(scope="session")
def system(cluster):
    """The whole system, deployed by `./dev cluster` and ready."""
    build_ours()
    build_servers()
    cluster.dev("load", *OURS, SERVERS)
    if FLUENT_BIT:
        build_agent()
        cluster.dev("load", AGENT)
    with Deployed(cluster) as one:
        yield one
