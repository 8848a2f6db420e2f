"""`tributary up` that cannot run says so and ends; what it calls ready is ready."""
import shutil
import socket
import subprocess

import pytest

from system import BIN, DEADLINE, System, request, wait_for


def up(system):
    return subprocess.run([system.programs / "tributary", "up"], env=system.environment,
                          capture_output=True, text=True, timeout=DEADLINE)


def listening(port):
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", port))
    taken.listen()
    return taken


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_a_port_that_somebody_has_ends_the_start(tmp_path, behind):
    system = System(tmp_path)
    with listening(system.base + behind):
        ended = up(system)
    assert ended.returncode == 1 and f"port {system.base + behind}" in ended.stderr, ended
    # What never ran does not stop either.
    assert not any(words in ended.stdout for words in ("whole system runs", "Stopping", "Stopped")), ended


@pytest.mark.parametrize("settings, words", [
    ({"PRODUCER_TOKEN": "c[invoice]=x"}, "invoice"),
    ({"LISTEN_ADDRESS": "localhost"}, "no IP address"),
    ({"PORT": "65535"}, "65533"), ({"PORT": "65534"}, "65533")])
def test_settings_that_no_restart_mends_end_the_start(tmp_path, settings, words):
    system = System(tmp_path, **settings)
    ended = up(system)
    assert ended.returncode == 78 and words in ended.stderr, ended
    assert "whole system runs" not in ended.stdout
    if "PORT" not in settings:  # Any port is fine for one program.
        checked = system.cli("check-config")
        assert checked.returncode == 78 and words in checked.stderr, checked


@pytest.mark.parametrize("address, host", [("127.0.0.2", "127.0.0.2"), ("::1", "[::1]"),
                                           ("0.0.0.0", "127.0.0.1"), ("::", "[::1]")])
def test_it_listens_where_it_is_told(tmp_path, address, host):
    system = System(tmp_path, LISTEN_ADDRESS=address)
    system.url, system.producer, system.consumer = (
        f"http://{host}:{system.base + i}" for i in range(3))
    with system:
        assert system.post({"type": "order", "data": {"id": 1}}).status == 200
        assert system.cli("status", "--url", system.url).returncode == 0


def test_a_function_that_cannot_be_set_up_is_not_ready(tmp_path):
    programs = tmp_path / "bin"
    shutil.copytree(BIN, programs)
    bootstrap = programs / "lambda_s3/bootstrap"
    bootstrap.write_text("#!/bin/sh\nexit 7\n")
    system = System(tmp_path, programs)
    system.wait_ready = lambda: None
    with system:
        def parts():
            try:
                shown = request("GET", system.url + "/api/status").json["parts"]
            except OSError:
                return None
            ready = {part["name"]: part["ready"] for part in shown}
            return ready if all(ready[n] for n in ready if n != "lambda_s3") else None
        assert wait_for(parts, "the others' readiness")["lambda_s3"] is False
        answer = request("GET", system.url + "/ready")
        assert answer.status == 503 and "lambda_s3: " in answer.json["detail"], answer
        bootstrap.unlink()
        shutil.copy(BIN / "lambda_s3/bootstrap", bootstrap)
        wait_for(lambda: request("GET", system.url + "/ready").status == 200, "its readiness")
        wait_for(lambda: "whole system runs" in system.log_text(), "the announcement")
        assert system.put("orders.json", '[{"id":1}]').status in (200, 201)
        assert system.report("orders.json")["accepted"] == 1
