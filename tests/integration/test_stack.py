"""The local stack itself: starting twice, ports, single parts killed and frozen, data kept."""
import os
import pathlib
import signal
import socket
import subprocess
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from stack import Stack  # noqa: E402
import parts  # noqa: E402  (from the folder that stack put on the path)
from system import wait_for  # noqa: E402

MAIN = pathlib.Path(__file__).resolve().parents[1] / "stack/main.py"


def command(*arguments, **environment):
    return subprocess.run([sys.executable, MAIN, *map(str, arguments)], capture_output=True,
                          text=True, env={**os.environ, **environment})


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("stack"), kraft=True, kafka_only=True) as stack:
        yield stack


def test_starting_a_running_stack_changes_nothing_and_prints_the_same_addresses(stack):
    pid = stack.broker.pid
    done = command("up", "--dir", stack.folder, "--kraft", "--kafka-only", "--base-port", 0)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"KAFKA_BOOTSTRAP_SERVERS={stack.kafka}\n"
    assert stack.broker.pid == pid


def test_status_tells_what_is_up(stack):
    done = command("status", "--dir", stack.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"on port {stack.broker.port}: up, PID {stack.broker.pid}" in done.stdout


def test_another_choice_in_the_folder_of_a_running_stack_is_refused(stack):
    done = command("up", "--dir", stack.folder, "--kafka-only")
    assert done.returncode == 1
    assert "./dev stack down" in done.stderr and "--dir" in done.stderr
    assert stack.broker.is_ready()


def test_only_127_0_0_1_is_listened_on(stack):
    listening = {line.split()[1] for name in ("tcp", "tcp6")
                 for line in pathlib.Path(f"/proc/net/{name}").read_text().splitlines()[1:]
                 if line.split()[3] == "0A"}
    port = f"{stack.broker.port:04X}"
    addresses = {one.split(":")[0] for one in listening if one.endswith(":" + port)}
    assert addresses and addresses <= {"0100007F", "0000000000000000FFFF00000100007F"}, addresses


def test_a_frozen_broker_answers_nothing_until_it_is_resumed(stack):
    stack.broker.pause()
    try:
        assert stack.broker.pid and not stack.broker.is_ready()
    finally:
        stack.broker.resume()
    wait_for(stack.broker.is_ready, "an answer of the resumed broker")


def test_topics_outlive_a_kill_of_the_broker(stack):
    stack.broker.create_topic("kept", partitions=2)
    before = stack.broker.pid
    stack.broker.kill()
    assert stack.broker.pid is None and not stack.broker.is_ready()
    stack.broker.start()
    assert stack.broker.pid not in (None, before)
    assert (stack.broker.folder / "data/kept-1").is_dir()


def test_a_taken_port_is_named_before_anything_is_started(tmp_path):
    with socket.socket() as taken:
        base = Stack(tmp_path / "unused").ports[0]
        taken.bind(("127.0.0.1", base))
        taken.listen()
        done = command("up", "--dir", tmp_path, "--kraft", "--kafka-only", "--base-port", base)
    assert done.returncode == 1
    assert f"Port {base} is taken" in done.stderr and "--base-port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_dies_shows_its_last_words(tmp_path):
    stack = Stack(tmp_path, index_only=True, index="opensearch")
    (tmp_path / "opensearch").mkdir()
    (tmp_path / "opensearch/data").write_text("a file where the folder should be")
    done = command("up", "--dir", tmp_path, "--index-only", "--opensearch",
                   "--base-port", stack.ports[0])
    assert done.returncode == 1
    assert "OpenSearch died; the last lines of" in done.stderr and "Exception" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_start_leaves_nothing_running(tmp_path):
    started = subprocess.Popen([sys.executable, MAIN, "up", "--dir", tmp_path, "--kafka-only",
                                "--base-port", "0"], stderr=subprocess.PIPE, text=True)
    stack = wait_for(lambda: Stack.recorded(tmp_path), "a recorded stack")
    pid = wait_for(lambda: stack.zookeeper.pid, "a ZooKeeper")
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=120)
    assert started.returncode == 1 and "interrupted" in said, said
    assert parts.started_at(pid) is None and stack.broker.pid is None


def test_a_machine_without_java_is_told_what_to_install(tmp_path):
    done = command("up", "--dir", tmp_path, "--kafka-only", "--base-port", 0, PATH=str(tmp_path))
    assert done.returncode == 1
    assert "There is no java on this machine" in done.stderr
    assert "openjdk-17-jdk-headless" in done.stderr


def test_a_stack_that_is_wiped_is_forgotten(tmp_path):
    stack = Stack(tmp_path, kraft=True, kafka_only=True)
    stack.up()
    assert command("down", "--dir", tmp_path, "--wipe").returncode == 0
    assert stack.broker.pid is None and list(tmp_path.iterdir()) == []
    assert command("status", "--dir", tmp_path).returncode == 1
