"""What the manifests say, without a cluster."""
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from rendered import (BESIDE, COMBINATIONS, OURS, OVERLAYS, ROOT, TREE, WORKLOADS, config_map, containers,
                      find, key, pod_spec, render, template, workloads)

sys.path.insert(0, str(pathlib.Path(__file__).parent / "server_image"))
from build import VOLUMES  # noqa: E402

BIN = pathlib.Path(os.environ.get("TRIBUTARY_BIN_DIR", ROOT / "build/release/bin"))
ALL = OVERLAYS + COMBINATIONS
MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000}


def settings_table():
    done = subprocess.run([BIN / "tributary", "config", "--json"], env={}, capture_output=True,
                          text=True, check=True)
    return {row["name"]: row for row in json.loads(done.stdout)}


def environment(manifests, workload):
    """What a container of ours is given: its ConfigMaps' data and its own `env`."""
    values = {}
    container = pod_spec(workload)["containers"][0]
    for source in container.get("envFrom", []):
        values |= config_map(manifests, source["configMapRef"]["name"].rsplit("-", 1)[0])
    for one in container.get("env", []):
        values[one["name"]] = one.get("value", "")
    return values


def our_workloads(manifests):
    return [one for one in workloads(manifests) if one["metadata"]["name"] in OURS]


def milliseconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", text).groups()
    return int(number) * MILLISECONDS[unit]


@pytest.mark.parametrize("folder", ALL + BESIDE)
def test_builds_and_names_nothing_twice(folder):
    keys = [key(one) for one in render(folder)]
    assert keys and len(keys) == len(set(keys))


def test_every_component_is_part_of_a_combination():
    used = {pathlib.PurePath(component).name for folder in ALL
            for component in yaml.safe_load((TREE / folder / "kustomization.yaml").read_text())
            .get("components", [])}
    used |= {"api-key"}  # Part of external-elasticsearch.
    assert {path.name for path in (TREE / "components").iterdir()} <= used


@pytest.mark.parametrize("folder", ALL + BESIDE)
def test_every_image_is_of_one_exact_version_from_the_one_file(folder):
    rows = yaml.safe_load((TREE / "versions/kustomization.yaml").read_text())["images"]
    known = {f"{row['newName']}:{row['newTag']}" for row in rows}
    assert not any("latest" in image for image in known)
    for workload in workloads(render(folder)):
        for container in containers(workload):
            assert container["image"] in known, key(workload)


@pytest.mark.parametrize("folder", ALL + BESIDE)
def test_pods_get_no_service_variables_and_no_token_that_they_do_not_need(folder):
    for workload in workloads(render(folder)):
        spec = pod_spec(workload)
        assert spec["enableServiceLinks"] is False, key(workload)
        # The agents alone ask the API server, for the names of pods.
        needs_token = workload["metadata"]["name"] == "fluent-bit"
        assert spec.get("automountServiceAccountToken", True) is needs_token, key(workload)
        for container in containers(workload):
            assert container["resources"]["requests"], key(workload)
            assert container["resources"]["limits"]["memory"], key(workload)


@pytest.mark.parametrize("folder", ALL)
def test_what_scales_by_itself_names_no_replicas(folder):
    manifests = render(folder)
    scaled = [one["spec"]["scaleTargetRef"]["name"] for one in manifests
              if one["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")]
    assert sorted(scaled) == ["consumer", "producer"]
    for name in scaled:
        assert "replicas" not in find(manifests, "Deployment", name)["spec"]


@pytest.mark.parametrize("folder", ALL + BESIDE)
def test_the_programs_know_every_setting_and_accept_its_value(folder):
    table, manifests = settings_table(), render(folder)
    for workload in our_workloads(manifests):
        values = environment(manifests, workload)
        program = OURS[workload["metadata"]["name"]]
        for name in values:
            setting = name if name in table else name.removesuffix("_FILE")
            if setting.startswith("KAFKA_") and setting not in table:
                continue  # A property of librdkafka; the program checks it.
            assert program in table[setting]["programs"].split(), f"{program} does not read {name}"
        # Secrets are files of the cluster, and so are the certificates that librdkafka opens at once.
        values = {name: value for name, value in values.items()
                  if not (name.endswith("_FILE") and name not in table) and
                  not (name.startswith("KAFKA_SSL_") and value.startswith("/"))}
        done = subprocess.run([BIN / "tributary", "check-config"], env=values, capture_output=True,
                              text=True)
        assert done.returncode == 0, f"{key(workload)}: {done.stderr}"


def test_an_unknown_setting_turns_that_test_red():
    done = subprocess.run([BIN / "tributary", "check-config"], env={"PRODUCER_URI": "http://x"},
                          capture_output=True, text=True)
    assert done.returncode == 78 and "PRODUCER_URI" in done.stderr


@pytest.mark.parametrize("folder", ALL)
def test_a_pod_has_time_to_drain(folder):
    table, manifests = settings_table(), render(folder)
    for name in ("producer", "consumer"):
        workload = find(manifests, "Deployment", name)
        spec = pod_spec(workload)
        values = environment(manifests, workload)
        drain = milliseconds(values.get("DRAIN_TIMEOUT", table["DRAIN_TIMEOUT"]["default"])) / 1_000
        pause = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert spec["terminationGracePeriodSeconds"] >= pause + drain + 10
        # The pause covers the time in which a proxy may still send to a pod that is going.
        assert pause >= 3
        assert all(one["tolerationSeconds"] == 30 for one in spec["tolerations"])


@pytest.mark.parametrize("folder", [one for one in ALL if "aws" in one])
def test_a_pod_outlasts_the_load_balancer_that_still_sends_to_it(folder):
    manifests = render(folder)
    annotations = find(manifests, "Service", "producer")["metadata"]["annotations"]
    attributes = annotations["service.beta.kubernetes.io/aws-load-balancer-target-group-attributes"]
    delay = int(re.search(r"deregistration_delay\.timeout_seconds=(\d+)", attributes)[1])
    container = pod_spec(find(manifests, "Deployment", "producer"))["containers"][0]
    assert container["lifecycle"]["preStop"]["sleep"]["seconds"] >= delay + 10


@pytest.mark.parametrize("folder", [one for one in ALL if "keda" in one or "observed" in one])
def test_keda_asks_the_consumers_kafka_as_the_consumer_does(folder):
    manifests = render(folder)
    settings = environment(manifests, find(manifests, "Deployment", "consumer"))
    [trigger] = find(manifests, "ScaledObject", "consumer")["spec"]["triggers"]
    assert trigger["metadata"]["bootstrapServers"] == settings["KAFKA_BOOTSTRAP_SERVERS"]
    assert trigger["metadata"]["consumerGroup"] == settings["KAFKA_GROUP_ID"]
    speaks_tls = settings.get("KAFKA_SECURITY_PROTOCOL") == "ssl"
    assert speaks_tls == ("tls" in folder)
    assert trigger["metadata"].get("tls", "disable") == ("enable" if speaks_tls else "disable")
    if speaks_tls:
        authentication = find(manifests, "TriggerAuthentication", trigger["authenticationRef"]["name"])
        [authority] = authentication["spec"]["configMapTargetRef"]
        volumes = pod_spec(find(manifests, "Deployment", "consumer"))["volumes"]
        assert authority["parameter"] == "ca" and settings["KAFKA_SSL_CA_LOCATION"].endswith(authority["key"])
        assert authority["name"] in [one.get("configMap", {}).get("name") for one in volumes]


@pytest.mark.parametrize("folder", ALL)
def test_consumers_are_never_more_than_partitions(folder):
    manifests = render(folder)
    arguments = pod_spec(find(manifests, "Job", "topics"))["containers"][0]["args"]
    partitions = int(arguments[arguments.index("--partitions") + 1])
    for one in manifests:
        if one["kind"] == "HorizontalPodAutoscaler" and one["metadata"]["name"] == "consumer":
            assert one["spec"]["maxReplicas"] == partitions
        if one["kind"] == "ScaledObject":
            assert one["spec"]["maxReplicaCount"] == partitions


def test_what_listens_and_what_is_probed_are_one_port():
    manifests = render("overlays/local")
    for name in ("producer", "consumer", "console"):
        workload = find(manifests, "Deployment", name)
        port = pod_spec(workload)["containers"][0]["ports"][0]["containerPort"]
        assert environment(manifests, workload)["PORT"] == str(port)
        assert find(manifests, "Service", name)["spec"]["ports"][0]["port"] == port


def templates(folder):
    return {key(one): template(one) for one in workloads(render(folder))}


@pytest.mark.parametrize("settings, readers", [
    (f"base/{name}/settings.env", {name}) for name in OURS if name not in BESIDE] + [
    ("base/zookeeper/zookeeper.properties", {"zookeeper"}),
    ("base/kafka/server.properties", {"kafka"}),
    ("base/kibana/kibana.yml", {"kibana"}),
    ("base/fluent-bit/fluent-bit.yaml", {"fluent-bit"}),
    ("base/elasticsearch/elasticsearch.yml", {"elasticsearch"})])
def test_changing_one_setting_rolls_exactly_the_pods_that_read_it(settings, readers, tmp_path):
    tree = tmp_path / "kubernetes"
    for folder in (TREE, TREE.parent / "observability"):
        shutil.copytree(folder, tmp_path / folder.name)
    before = templates("overlays/local")
    file = tree / settings
    file.write_text(file.read_text() + "HTTP_THREADS=3\n")
    after = templates(tree / "overlays/local")
    assert before.keys() == after.keys()
    assert {name[2] for name in before if before[name] != after[name]} == readers


def broker_settings(manifests, kafka):
    """What a broker goes by: its properties, and over them what its command overrides."""
    file = config_map(manifests, "kafka-settings")["server.properties"]
    lines = [line for line in file.splitlines() if line and not line.startswith("#")]
    command = pod_spec(kafka)["containers"][0]["command"]
    lines += [value for option, value in itertools.pairwise(command) if option == "--override"]
    return dict(line.split("=", 1) for line in lines)


# The topic of offsets has no `min.isr` of its own: it goes by min.insync.replicas.
ON_TWO_DISKS = {
    "default.replication.factor": "3", "min.insync.replicas": "2", "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3", "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3", "share.coordinator.state.topic.min.isr": "2"}


def test_every_topic_of_three_brokers_is_on_two_disks_at_least():
    with_three = set()
    for folder in ALL:
        for one in render(folder):
            if key(one) == ("StatefulSet", "kafka", "kafka") and one["spec"]["replicas"] == 3:
                with_three.add(folder)
                settings = broker_settings(render(folder), one)
                assert {name: settings.get(name) for name in ON_TWO_DISKS} == ON_TWO_DISKS, folder
    assert with_three >= {"overlays/production", "overlays/aws", "tests/production-kraft-tls"}


@pytest.mark.parametrize("folder, replicas", [("tests/local-kraft", "1"), ("tests/production-kraft-tls", "3")])
def test_brokers_without_zookeeper_know_how_many_they_are(folder, replicas):
    kafka = find(render(folder), "StatefulSet", "kafka")
    [voters] = [one["value"] for one in pod_spec(kafka)["initContainers"][0]["env"]
                if one["name"] == "REPLICAS"]
    assert voters == replicas and kafka["spec"]["replicas"] == int(replicas)
    settings = broker_settings(render(folder), kafka)
    assert "broker.id" not in settings and "zookeeper.connect" not in settings
    assert pod_spec(kafka)["containers"][0]["command"][:2] == [
        "/opt/kafka/bin/kafka-server-start.sh", "/run/kafka/server.properties"]


def is_within(path, folder):
    return pathlib.PurePosixPath(path).is_relative_to(folder)


def lies_on(container, path):
    """The mount on which a container keeps this path; None: a volume that the image declares."""
    mounts = dict.fromkeys(VOLUMES[container["image"].partition(":")[0]])
    mounts |= {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    above = [one for one in mounts if is_within(path, one)]
    assert above, f"{path} is on the image's own root"
    return mounts[max(above, key=len)]


def is_torn(container, path):
    """Whether a volume that the image declares replaces a part of this folder."""
    return any(is_within(volume, path) and lies_on(container, volume) is None
               for volume in VOLUMES[container["image"].partition(":")[0]])


def data_folder(manifests, name):
    file, entry = {"kafka": ("server.properties", "log.dirs"),
                   "zookeeper": ("zookeeper.properties", "dataDir")}[name]
    return dict(line.split("=", 1) for line in config_map(manifests, f"{name}-settings")[file].splitlines()
                if "=" in line)[entry]


@pytest.mark.parametrize("folder", ALL)
def test_what_a_server_keeps_is_on_its_claim_and_not_on_a_volume_that_ends_with_the_container(folder):
    manifests = render(folder)
    for one in workloads(manifests):
        name = one["metadata"]["name"]
        if name in ("kafka", "zookeeper"):
            data = data_folder(manifests, name)
            [claim] = one["spec"]["volumeClaimTemplates"]
            # Below the mount, where a new disk has its lost+found.
            assert {"name": "data", "mountPath": str(pathlib.PurePosixPath(data).parent)} in (
                containers(one)[-1]["volumeMounts"])
            for container in containers(one):
                assert lies_on(container, data) == claim["metadata"]["name"] == "data", container["name"]
                assert not is_torn(container, data), container["name"]
            if name == "zookeeper":
                assert f">{data}/myid" in containers(one)[0]["command"][-1]


def test_the_volumes_of_every_image_that_keeps_events_are_known():
    rows = yaml.safe_load((TREE / "versions/kustomization.yaml").read_text())["images"]
    ours = {one["newName"] for one in rows if one["name"] in ("zookeeper", "kafka", "kafka-kraft")}
    assert ours == set(VOLUMES)


@pytest.mark.parametrize("folder", ALL)
def test_a_probe_asks_elasticsearch_itself_only_where_it_answers_everybody(folder):
    for one in workloads(render(folder)):
        if key(one) == ("StatefulSet", "logging", "elasticsearch"):
            [container] = pod_spec(one)["containers"]
            is_open = {"name": "xpack.security.enabled", "value": "false"} in container["env"]
            probe = container["readinessProbe"]
            assert probe.get("httpGet", {}).get("path") == ("/_cluster/health?local=true" if is_open else None)
            assert ("tcpSocket" in probe) != is_open


@pytest.mark.parametrize("folder", ALL)
def test_servers_that_need_each_other_to_become_ready_start_together_and_find_each_other(folder):
    manifests = render(folder)
    for one in manifests:
        if one["kind"] == "StatefulSet":
            assert one["spec"]["podManagementPolicy"] == "Parallel", key(one)
            service = find(manifests, "Service", one["spec"]["serviceName"])["spec"]
            assert service["clusterIP"] == "None" and service["publishNotReadyAddresses"] is True, key(one)
            if one["metadata"]["name"] == "elasticsearch" and one["spec"]["replicas"] > 1:
                file = config_map(manifests, "elasticsearch-settings")["elasticsearch.yml"]
                settings = yaml.safe_load(file)
                assert settings["node.name"] == "${POD_NAME}" and "discovery.type" not in settings
                assert settings["cluster.initial_master_nodes"] == [
                    f"elasticsearch-{number}" for number in range(one["spec"]["replicas"])]
                assert settings["discovery.seed_hosts"] == [
                    f"{one['spec']['serviceName']}.logging.svc.cluster.local"]


def test_an_import_that_is_tried_again_makes_the_same_events():
    job = find(render("import"), "Job", "import")
    [container] = pod_spec(job)["containers"]
    # Neither the node nor the volume of the pod that is next decides the ids.
    assert container["args"][:2] == ["import", "--by-content"]


def test_an_import_that_another_try_cannot_mend_fails_at_once_and_leaves_its_log():
    job = find(render("import"), "Job", "import")
    # With a container that is started again within its pod, the log would go with the pod.
    assert pod_spec(job)["restartPolicy"] == "Never"
    [rule] = job["spec"]["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob" and rule["onExitCodes"] == {
        "containerName": pod_spec(job)["containers"][0]["name"], "operator": "In", "values": [1, 2, 78]}


@pytest.mark.parametrize("arguments, code", [
    (["uploads/anything.json"], 1), (["--no-such-option"], 2), (["uploads"], 78)])
def test_these_are_the_codes_with_which_an_import_refuses(arguments, code, tmp_path):
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads/anything.json").write_text("[]")
    done = subprocess.run([BIN / "tributary", "import", "--by-content", *arguments], text=True,
                          capture_output=True, timeout=30,
                          env={"OBJECT_STORE_DIR": str(tmp_path), "PRODUCER_URL": "http://127.0.0.1:1"})
    assert done.returncode == code, done.stdout + done.stderr


def test_the_import_shows_the_producer_the_token_that_is_made_for_it():
    job = find(render("import"), "Job", "import")
    [token] = [one for one in pod_spec(job)["containers"][0]["env"] if one["name"] == "PRODUCER_TOKEN"]
    assert token["valueFrom"] == {"secretKeyRef": {"name": "import-token", "key": "token", "optional": True}}


def sources(workload):
    """(kind, name, is optional) of what a pod reads from Secrets and ConfigMaps."""
    spec = pod_spec(workload)
    for volume in spec.get("volumes", []):
        for one in [volume, *volume.get("projected", {}).get("sources", [])]:
            if secret := one.get("secret"):
                yield "Secret", secret.get("secretName") or secret["name"], secret.get("optional", False)
            if settings := one.get("configMap"):
                yield "ConfigMap", settings["name"], settings.get("optional", False)
    for container in containers(workload):
        for one in container.get("env", []):
            if secret := one.get("valueFrom", {}).get("secretKeyRef"):
                yield "Secret", secret["name"], secret.get("optional", False)
        for one in container.get("envFrom", []):
            yield "ConfigMap", one["configMapRef"]["name"], one["configMapRef"].get("optional", False)


@pytest.mark.parametrize("folder", ALL + BESIDE)
def test_a_program_of_ours_starts_and_says_itself_which_secret_is_missing(folder):
    manifests = render(folder)
    shipped = {key(one) for one in manifests}
    # Kubernetes makes the one, and without the other there is nothing to do.
    shipped |= {("ConfigMap", "logging", "kube-root-ca.crt"), ("ConfigMap", "tributary", "import-file")}
    for workload in workloads(manifests):
        namespace, name = key(workload)[1:]
        if name in OURS or name == "api-keys":
            demanded = {(kind, namespace, source) for kind, source, is_optional in sources(workload)
                        if not is_optional}
            assert demanded <= shipped, key(workload)


def test_production_has_three_of_each_store_and_demands_secrets():
    manifests = render("overlays/production")
    assert find(manifests, "StatefulSet", "kafka")["spec"]["replicas"] == 3
    arguments = pod_spec(find(manifests, "Job", "topics"))["containers"][0]["args"]
    assert arguments[arguments.index("--replication") + 1] == "3"
    assert find(manifests, "StatefulSet", "zookeeper")["spec"]["replicas"] == 3
    assert find(manifests, "StatefulSet", "elasticsearch")["spec"]["replicas"] == 3
    settings = yaml.safe_load(config_map(manifests, "elasticsearch-settings")["elasticsearch.yml"])
    assert settings["xpack.security.enabled"] is True
    for name, variable in (("producer", "PRODUCER_TOKEN_FILE"),
                           ("consumer", "ELASTICSEARCH_API_KEY_FILE"),
                           ("console", "ELASTICSEARCH_API_KEY_FILE")):
        assert variable in environment(manifests, find(manifests, "Deployment", name))


@pytest.mark.parametrize("folder", [one for one in ALL if "production" in one or one == "overlays/aws"])
def test_three_of_a_store_are_on_three_nodes_and_restart_with_a_pause(folder):
    for one in render(folder):
        if one["kind"] == "StatefulSet":
            labels = {"matchLabels": {"app.kubernetes.io/name": one["metadata"]["name"]}}
            # Without `minDomains` two nodes would do for three pods.
            assert pod_spec(one)["topologySpreadConstraints"] == [
                {"maxSkew": 1, "minDomains": 3, "topologyKey": "kubernetes.io/hostname",
                 "whenUnsatisfiable": "DoNotSchedule", "labelSelector": labels},
                {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
                 "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": labels}]
            # ZooKeeper's servers hold little, and have caught up when they answer.
            assert one["spec"].get("minReadySeconds", 0) >= (
                0 if one["metadata"]["name"] == "zookeeper" else 30)


def requested(manifests):
    """MiB and thousandths of a CPU of all pods that stay, with as few of each as there may be."""
    fewest = {one["spec"]["scaleTargetRef"]["name"]: one["spec"]["minReplicas"] for one in manifests
              if one["kind"] == "HorizontalPodAutoscaler"}
    memory = cpu = 0
    for one in workloads(manifests):
        if one["kind"] not in ("Job", "CronJob"):
            count = one["spec"].get("replicas", fewest.get(one["metadata"]["name"], 1))
            for container in pod_spec(one)["containers"]:
                wanted = container["resources"]["requests"]
                number, unit = re.fullmatch(r"(\d+)([MG]i)", wanted["memory"]).groups()
                memory += count * int(number) * {"Mi": 1, "Gi": 1024}[unit]
                wanted = str(wanted["cpu"])
                cpu += count * (int(wanted[:-1]) if wanted.endswith("m") else 1_000 * int(wanted))
    return memory, cpu


@pytest.mark.parametrize("folder, words, gib, cpus", [
    ("overlays/local", "(`overlays/local` alone requests 4 GB and one CPU,", 4, 1),
    ("overlays/production", "`overlays/production` requests 38 GiB and 7 CPUs,", 38, 7)])
def test_the_page_says_what_a_shape_requests(folder, words, gib, cpus):
    memory, cpu = requested(render(folder))
    assert (round(memory / 1024), round(cpu / 1000)) == (gib, cpus)
    assert words in " ".join((ROOT / "docs/kubernetes.md").read_text().split())


def test_the_manifests_that_are_tried_differ_from_the_shipped_ones_in_image_names_only():
    shipped = render("overlays/local")
    tried = render(str(ROOT / "tests/kubernetes/on_cluster"))
    names = {}
    for one, other in zip(shipped, tried, strict=True):
        if one["kind"] in WORKLOADS:
            for container, twin in zip(containers(one), containers(other), strict=True):
                names[container["image"]] = twin["image"]
                twin["image"] = container["image"]
        assert one == other, key(one)
    # What else an image decides, the volumes that it declares, is the same: VOLUMES in server_image/build.py.
    for image, twin in names.items():
        print(f"{image} -> {twin}")
    assert {image.split(":")[0] for image, twin in names.items() if image != twin} == {
        "confluentinc/cp-zookeeper", "confluentinc/cp-kafka",
        "docker.elastic.co/elasticsearch/elasticsearch", "cr.fluentbit.io/fluent/fluent-bit"}
