#!/usr/bin/env python3
"""Runs one function in a sealed root and network, and prints what became of it as JSON.

    sealed.py ROOT FUNCTION CERTIFICATES [EMULATOR…]      (inside `unshare --net --mount`)

The network has a name server on 127.0.0.1:53 and servers with TLS: `trusted.test` with a certificate
that the root's bundle trusts, `stranger.test` with one that it does not, `impostor.test` with a
trusted one for another name. Each of them is the Producer once, and for lambda_s3 S3 as well. The
root is read-only but for /tmp; EMULATOR is a command before /var/task/bootstrap, such as qemu with
an older processor.
"""
import fcntl
import json
import os
import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from fake_producer import FakeProducer  # noqa: E402
from fake_s3 import FakeS3  # noqa: E402
from function import notification  # noqa: E402
from lambda_root import CHROOT, VARIABLES  # noqa: E402
from runtime_api import RuntimeApi  # noqa: E402

NAMES = ("trusted", "stranger", "impostor")


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


def serve_names(asked):
    """Answers A for the names above with 127.0.0.1, and everything else with 'no such name'."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        query, client = server.recvfrom(4096)
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += query[at] + 1
        question = query[12:at + 5]
        name, kind = ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0]
        asked.append(name)
        found = name.removesuffix(".test") in NAMES
        answer = (b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x7f\x00\x00\x01"
                  if found and kind == 1 else b"")
        flags = 0x8180 if found else 0x8183
        server.sendto(query[:2] + struct.pack(">HHHHH", flags, 1, 1 if answer else 0, 0, 0) +
                      question + answer, client)


def seal(root):
    """The root becomes read-only in this mount namespace; /tmp stays writable."""
    def mount(*arguments):
        subprocess.run(["mount", *arguments], check=True)
    mount("--make-rprivate", "/")
    mount("--bind", root, root)
    mount("-t", "tmpfs", "tmpfs", f"{root}/tmp")
    mount("-o", "remount,bind,ro", root)


def at(certificates, name):
    """Where a server is to be found, and what it shows."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(f"{certificates}/{name}.pem", f"{certificates}/{name}.key")
    return {"tls": tls, "host": f"{name}.test"}


def event_for(function):
    if function == "lambda_s3":
        return notification("orders.json")
    return {"version": "2.0", "rawPath": "/events", "headers": {},
            "body": json.dumps({"type": "order", "id": "e1", "data": {"id": 7}}),
            "requestContext": {"http": {"method": "POST"}}}


def run(root, function, producer, s3, command):
    """One process, one event."""
    with RuntimeApi() as api, producer, s3:
        environment = {**VARIABLES, "AWS_LAMBDA_FUNCTION_NAME": function,
                       "AWS_LAMBDA_RUNTIME_API": api.address, "PRODUCER_URL": producer.url,
                       "AWS_ENDPOINT_URL_S3": s3.url, "RESULTS_BUCKET": "results",
                       "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key"}
        process = subprocess.Popen([CHROOT, root, *command, "/var/task/bootstrap"],
                                   env=environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            outcome = api.invoke(event_for(function), limit=8, patience=60)
            result = {"kind": outcome.kind, "body": outcome.body}
        except Exception as error:  # Whatever it is, the function's own output tells more.
            result = {"kind": "none", "body": repr(error)}
        process.kill()
        result["log"] = process.communicate()[0].decode(errors="replace")[-2000:]
        result["events"] = [event["data"]["id"] for event in producer.events]
        return result


def main():
    root, function, certificates, *command = sys.argv[1:]
    raise_loopback()
    asked = []
    threading.Thread(target=serve_names, args=(asked,), daemon=True).start()
    seal(root)
    results = {}
    for service in ("Producer", "S3") if function == "lambda_s3" else ("Producer",):
        for name in NAMES:
            producer = FakeProducer(**at(certificates, name if service == "Producer" else "trusted"))
            s3 = FakeS3({"uploads": {"orders.json": {"": b'[{"id":7}]'}}},
                        **at(certificates, name if service == "S3" else "trusted"))
            results[f"{name} {service}"] = run(root, function, producer, s3, command)
    read_only = subprocess.run(["touch", f"{root}/var/task/x"], capture_output=True).returncode != 0
    print(json.dumps({"results": results, "asked": asked, "is_read_only": read_only}))
    os._exit(0)


if __name__ == "__main__":
    main()
