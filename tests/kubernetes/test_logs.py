"""The logs of all our pods, through the agents, in Elasticsearch. Needs a Fluent Bit: see images.py."""
import collections
import contextlib
import datetime
import re

import pytest

from cluster import NAMESPACES, request
from deployed import Way
from images import FLUENT_BIT
from scroll import each_hit
from system import wait_for

pytestmark = pytest.mark.skipif(FLUENT_BIT is None, reason="FLUENT_BIT names no Fluent Bit")

# What would feed itself is not shipped.
EXCLUDED = ("fluent-bit", "elasticsearch")
TIMED = re.compile(r"(\S+)Z (.*)")


def nanoseconds(time):
    """Of an RFC 3339 time without its zone; Python's own types stop at microseconds."""
    whole, _, fraction = time.partition(".")
    seconds = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0") or 0)


def written(system):
    """(pod, time) of every line that kubectl shows."""
    lines = collections.Counter()
    for namespace in NAMESPACES:
        for pod in system.cluster.get("pods", "--namespace", namespace)["items"]:
            name = pod["metadata"]["name"]
            if name.startswith(EXCLUDED) or not pod["status"].get("containerStatuses"):
                continue
            text = system.cluster.try_kubectl("logs", "--namespace", namespace, name, "--timestamps",
                                              "--tail", "-1").stdout
            for line in text.splitlines():
                if found := TIMED.match(line):
                    lines[name, nanoseconds(found[1])] += 1
    return lines


def shipped(port):
    """(pod, time) of every document, and the documents."""
    def ask(*question):
        status, answer = request(port, *question)
        assert status == 200, answer
        return answer
    documents = [hit["_source"] for hit in each_hit(ask, "tributary-logs-*")]
    # Not `@timestamp`, which Fluent Bit makes from this: one in a hundred is a nanosecond early.
    lines = collections.Counter((one["kubernetes"]["pod_name"], nanoseconds(one["time"].rstrip("Z")))
                                for one in documents)
    return lines, documents


def test_the_lines_of_every_pod_are_in_the_index_once(system):
    for number in range(20):
        status, _ = request(system.ways["producer"].port, "POST", "/produce",
                            {"type": "order", "data": {"id": 9000 + number}},
                            {"traceparent": f"00-{number + 1:032x}-00000000000000ff-01"})
        assert status == 200
    wanted = written(system)
    pods = {name for name, _ in wanted}
    for workload in ("producer", "consumer", "console", "kafka", "zookeeper", "topics", "log-template"):
        assert any(name.startswith(workload) for name in pods), f"{workload} wrote nothing: {pods}"
    with contextlib.closing(Way(system.cluster, "logging", "elasticsearch", 9200, health="/")) as way:
        def everything():
            try:
                request(way.port, "POST", "/tributary-logs-*/_refresh")
                _, found = request(way.port, "GET", "/tributary-logs-*/_count")
                if found.get("count", 0) < sum(wanted.values()):
                    return None
                lines, documents = shipped(way.port)
            except OSError:  # The way leads to a pod that is gone: it is opened anew.
                return None
            return (lines, documents) if wanted.keys() <= lines.keys() else None
        lines, documents = wait_for(everything, "all lines in the index", 330)
        port = way.port
        _, indices = request(port, "GET", "/_cat/indices/tributary-logs-*?format=json")
        _, mappings = request(port, "GET", "/tributary-logs-*/_mapping")
    assert [key for key in wanted if lines[key] != wanted[key]] == []
    assert not any(name.startswith(EXCLUDED) for name, _ in lines)
    assert {one["health"] for one in indices} == {"green"}, indices
    assert {one["mappings"]["dynamic"] for one in mappings.values()} == {"false"}
    # Ours are fields, not text; and the followed events of both services are there.
    for service in ("tributary-producer", "tributary-consumer"):
        assert any(one.get("trace", {}).get("id") == f"{7:032x}" and one["service"]["name"] == service
                   for one in documents), f"no line of {service} with the trace"
    print(f"{sum(wanted.values())} lines of {len(pods)} pods, each in the index once")
