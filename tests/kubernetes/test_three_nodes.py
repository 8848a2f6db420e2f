"""Production's three Elasticsearch nodes find each other by its settings; without the security, which the
published jars lack."""
import pytest
import yaml

from cluster import request
from images import SERVERS, build_servers
from rendered import config_map, find, pod_spec, render
from system import wait_for

NAMESPACE = "three-nodes"
IMAGE = "localhost/tributary-test/servers:test"


def without_security(stateful_set):
    """Also small, and together on whatever nodes there are: three of them beside everything else."""
    spec = pod_spec(stateful_set)
    [container] = spec["containers"]
    container["image"] = IMAGE
    container["env"] = [{**one, "value": "-Xms256m -Xmx256m"} if one["name"] == "ES_JAVA_OPTS" else one
                        for one in container["env"] if one["name"] != "ELASTIC_PASSWORD"]
    container["resources"] = {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}}
    container["volumeMounts"] = [one for one in container["volumeMounts"] if one["name"] != "certificates"]
    del spec["topologySpreadConstraints"]
    spec["volumes"] = [{"name": "settings", "configMap": {"name": "settings"}}]
    return stateful_set


def manifests():
    production = render("overlays/production")
    file = config_map(production, "elasticsearch-settings")["elasticsearch.yml"]
    lines = [line for line in file.splitlines() if not line.startswith("xpack.security.")]
    made = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"},
             "data": {"elasticsearch.yml": "\n".join(lines)}},
            without_security(find(production, "StatefulSet", "elasticsearch")),
            find(production, "Service", "elasticsearch-nodes")]
    for one in made[1:]:
        one["metadata"]["namespace"] = NAMESPACE
    return yaml.safe_dump_all(made).replace(".logging.svc.", f".{NAMESPACE}.svc.")


@pytest.fixture
def nodes(cluster):
    build_servers()
    cluster.dev("load", SERVERS)
    cluster.kubectl("apply", "--server-side", "--filename", "-", text=manifests())
    yield cluster
    cluster.kubectl("delete", "namespace", NAMESPACE)


def health(cluster):
    with cluster.forward(NAMESPACE, "pod/elasticsearch-0", 9200) as (port, _):
        return request(port, "GET", "/_cluster/health")[1]


def test_three_new_nodes_form_one_cluster(nodes):
    wait_for(lambda: len(nodes.ready_pods(NAMESPACE, "elasticsearch")) == 3, "three nodes", 300)

    def together():
        answer = health(nodes)
        return answer.get("number_of_nodes") == 3 and answer["status"] == "green"
    wait_for(together, "one cluster of three", 120)
