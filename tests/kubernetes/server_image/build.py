#!/usr/bin/env python3
"""One image with ZooKeeper, Kafka and Elasticsearch out of their published jars, for clusters without a
registry; and one with a Fluent Bit that is there already.

    build.py FILE.tar
    build.py FILE.tar --fluent-bit PROGRAM

The first starts each of its servers as the vendors' images do: the same paths, the same settings files,
the same commands, the same volumes; with no command it is Elasticsearch.
"""
import hashlib
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests/stack"))
import jars  # noqa: E402
from parts import kafka_jars  # noqa: E402

KAFKA, KRAFT, ELASTICSEARCH = "3.9.2", "4.3.1", "8.19.21"
SERVERS, AGENT = (f"localhost/tributary-test/{name}:test" for name in ("servers", "fluent-bit"))
# What the vendors' images declare as volumes (VOLUME in their Dockerfiles). A container runtime makes each a
# new empty folder for every container, unless something is mounted at exactly this path: what is written
# there is gone with the container, also where a volume is mounted above it.
VOLUMES = {
    "confluentinc/cp-zookeeper": ("/var/lib/zookeeper/data", "/var/lib/zookeeper/log",
                                  "/etc/zookeeper/secrets"),
    "confluentinc/cp-kafka": ("/var/lib/kafka/data", "/etc/kafka/secrets"),
    "apache/kafka": ("/var/lib/kafka/data", "/etc/kafka/secrets", "/mnt/shared/config"),
}
SCRIPT = """#!/bin/sh
# Stands in for the vendor's script of this name.
exec java ${{KAFKA_HEAP_OPTS:--Xmx256m}} ${{KAFKA_LOG4J_OPTS:-}} -cp '/opt/{library}/*' {main} "$@"
"""
ENTRY = ("exec java $ES_JAVA_OPTS -Dlog4j2.configurationFile=/opt/log4j2.properties "
         "-cp '/opt/elasticsearch:/opt/elasticsearch/*' ClusterElasticsearch")


def base():
    """Debian with a Java runtime, as a tar file."""
    def make(folder):
        jars.require("mmdebstrap", "mmdebstrap")
        jars.run("mmdebstrap", "--variant=minbase", "--include=openjdk-17-jre-headless", "bookworm",
                 folder / "base.tar", what="Making a base image of Debian", cwd=folder)
    return jars.made_once(jars.CACHE / "jre-17-bookworm", make) / "base.tar"


def script(path, library, main):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SCRIPT.format(library=library, main=main))
    path.chmod(0o755)


def copy(library, target):
    target.mkdir(parents=True)
    for jar in library.glob("*.jar"):
        shutil.copy(jar, target)


def lay_out_kafka(root):
    copy(kafka_jars(KAFKA), root / "opt/kafka-zookeeper")
    script(root / "usr/bin/kafka-server-start", "kafka-zookeeper", "kafka.Kafka")
    script(root / "usr/bin/zookeeper-server-start", "kafka-zookeeper",
           "org.apache.zookeeper.server.quorum.QuorumPeerMain")
    copy(kafka_jars(KRAFT), root / "opt/kafka-kraft")
    script(root / "opt/kafka/bin/kafka-server-start.sh", "kafka-kraft", "kafka.Kafka")
    script(root / "opt/kafka/bin/kafka-storage.sh", "kafka-kraft", "kafka.tools.StorageTool")


def lay_out_elasticsearch(root):
    library = jars.jars(f"elasticsearch-{ELASTICSEARCH}",
                        f"org.elasticsearch:elasticsearch:{ELASTICSEARCH}",
                        f"org.elasticsearch.plugin:transport-netty4:{ELASTICSEARCH}")
    home, own = root / "usr/share/elasticsearch", root / "opt/elasticsearch"
    answer = jars.classes(f"elasticsearch-{ELASTICSEARCH}", ["RootAnswer.java", "RootHandler.java"], library)
    jars.elasticsearch_modules(home / "modules", ELASTICSEARCH, library, answer)
    copy(library, own)
    # Netty belongs to the module's folder; a class must not be in both.
    for jar in own.glob("*netty*"):
        jar.unlink()
    jars.run("javac", "-cp", f"{library}/*", "-d", own, HERE / "ClusterElasticsearch.java",
             what="Compiling ClusterElasticsearch", cwd=root)
    for folder in ("config", "data", "logs"):
        (home / folder).mkdir()
        (home / folder).chmod(0o777)
    shutil.copy(ROOT / "tests/stack/config/log4j2.properties", root / "opt/log4j2.properties")


def lay_out_fluent_bit(root, program):
    """The program and the libraries that this machine gives it."""
    folder = root / "fluent-bit"
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").mkdir()
    shutil.copy(program, folder / "bin/fluent-bit")
    needed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for library in re.findall(r"=> (/\S+)", needed):
        if not re.search(r"/lib(c|m|pthread|dl)\.so", library):  # The base has its own.
            shutil.copy(library, folder / "lib")


def pack(file, image, layers, **config):
    """Writes a docker-archive of these tar files: quicker than a tool that copies each several times."""
    def digest(layer):
        with open(layer, "rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    text = json.dumps({"architecture": "amd64", "os": "linux", "config": config, "rootfs": {
        "type": "layers", "diff_ids": [f"sha256:{digest(layer)}" for layer in layers]}})
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [image],
                            "Layers": [layer.name for layer in layers]}])
    with tarfile.open(file, "w") as archive:
        for name, content in (("config.json", text), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
        for layer in layers:
            archive.add(layer, layer.name)


def build(file, image, lay_out, **config):
    work = ROOT / "build/server-image"
    shutil.rmtree(work, ignore_errors=True)
    root = work / "root"
    root.mkdir(parents=True)
    lay_out(root)
    with tarfile.open(work / "own.tar", "w") as layer:
        for entry in sorted(root.iterdir()):
            layer.add(entry, entry.name)
    file.parent.mkdir(parents=True, exist_ok=True)
    pack(file, image, [base(), work / "own.tar"], **config)


def declared():
    return sorted(set().union(*VOLUMES.values()))


def lay_out_servers(root):
    lay_out_kafka(root)
    lay_out_elasticsearch(root)
    # Theirs belong to the user of their servers, too: writing works, and only lasts no longer than that.
    for volume in declared():
        (root / volume[1:]).mkdir(parents=True)
        (root / volume[1:]).chmod(0o777)


def main(file, option=None, program=None):
    file = pathlib.Path(file).resolve()
    if option == "--fluent-bit":
        build(file, AGENT, lambda root: lay_out_fluent_bit(root, program),
              Entrypoint=["/fluent-bit/bin/fluent-bit"], Env=["LD_LIBRARY_PATH=/fluent-bit/lib"])
    else:
        build(file, SERVERS, lay_out_servers, User="1000:1000", Entrypoint=["/bin/sh", "-c", ENTRY],
              Env=["PATH=/usr/local/bin:/usr/bin:/bin"], Volumes={path: {} for path in declared()})


if __name__ == "__main__":
    main(*sys.argv[1:])
