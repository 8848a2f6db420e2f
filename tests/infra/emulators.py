"""moto and LocalStack as processes of the test, on 127.0.0.1, stopped by their PID."""
import contextlib
import os
import pathlib
import socket
import subprocess

import tools
from system import free_port, request, wait_for

START_LIMIT = 300


@contextlib.contextmanager
def process(command, log, ready, **environment):
    """The command while the block runs; `ready()` is asked until it answers true."""
    with open(log, "wb") as out:
        running = subprocess.Popen([str(part) for part in command], stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                   start_new_session=True, env={"PATH": os.environ["PATH"], **environment})
    try:
        def is_ready():
            assert running.poll() is None, pathlib.Path(log).read_text(errors="replace")[-3000:]
            with contextlib.suppress(OSError):
                return ready()
        wait_for(is_ready, f"the start of {command[-1]}", START_LIMIT)
        yield running
    finally:
        running.terminate()
        try:
            running.wait(60)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@contextlib.contextmanager
def moto(folder):
    """Its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with process([tools.moto_python(), "-P", tools.HERE / "moto_server.py", port], folder / "moto.log",
                 lambda: request("GET", url + "/moto-api/", timeout=5).status == 200,
                 MOTO_IAM_LOAD_MANAGED_POLICIES="true", HOME=str(folder)):
        yield url


@contextlib.contextmanager
def localstack(folder):
    """Its address. It serves on every address, so call this in a network of its own."""
    assert {name for _, name in socket.if_nameindex()} == {"lo"}, "LocalStack needs a network of its own"
    url = "http://127.0.0.1:4566"
    (folder / "home").mkdir()
    with process([tools.localstack_python(), "-P", tools.HERE / "localstack_server.py"], folder / "localstack.log",
                 lambda: request("GET", url + "/_localstack/health", timeout=5).status == 200,
                 HOME=str(folder / "home"), TMPDIR=str(folder), GATEWAY_LISTEN="127.0.0.1:4566", DNS_ADDRESS="0",
                 SKIP_SSL_CERT_DOWNLOAD="1", DISABLE_EVENTS="1"):
        yield url
