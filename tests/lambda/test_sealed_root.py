"""The zips where Lambda's environment is at its barest: nothing but /var/task, a CA bundle where
Amazon Linux keeps it, a name server, and a processor of x86-64-v2."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from lambda_root import LambdaRoot

SEALED = pathlib.Path(__file__).with_name("sealed.py")
QEMU = shutil.which("qemu-x86_64-static")


def openssl(*arguments, folder):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def certificate(folder, name, authority, host):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            f"{name}.key", "-subj", f"/CN={host}", "-out", f"{name}.csr", folder=folder)
    (folder / "ext").write_text(f"subjectAltName=DNS:{host}\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey",
            f"{authority}.key", "-CAcreateserial", "-days", "2", "-extfile", "ext", "-out",
            f"{name}.pem", folder=folder)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    for authority in ("known", "unknown"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", f"{authority}.key", "-subj", f"/CN={authority} authority",
                "-days", "2", "-out", f"{authority}.pem", folder=folder)
    certificate(folder, "trusted", "known", "trusted.test")
    certificate(folder, "stranger", "unknown", "stranger.test")
    certificate(folder, "impostor", "known", "somebody-else.test")
    return folder


def run_sealed(tmp_path, certificates, function, *emulator):
    root = LambdaRoot(tmp_path / "root", function)
    root.add("/etc/pki/tls/certs/ca-bundle.crt", certificates / "known.pem")
    root.add("/etc/nsswitch.conf", "hosts: files myhostname dns\n")
    root.add("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:2 attempts:2\n")
    for program in emulator[:1]:
        root.add(f"/{pathlib.Path(program).name}", pathlib.Path(program))
    command = [f"/{pathlib.Path(emulator[0]).name}", *emulator[1:]] if emulator else []
    namespaces = ["--net", "--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user",
                                                               "--net", "--mount"]
    done = subprocess.run(["unshare", *namespaces, sys.executable, str(SEALED), str(root.folder),
                           function, str(certificates), *command],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(found, function):
    assert found["is_read_only"]
    assert "trusted.test" in found["asked"], "the name server was not asked"
    services = {"lambda_api": ["Producer"], "lambda_s3": ["Producer", "S3"]}[function]
    results = found["results"]
    assert set(results) == {f"{name} {service}" for name in ("trusted", "stranger", "impostor")
                            for service in services}
    for case, result in results.items():
        if case.startswith("trusted"):
            assert result["kind"] == "response" and result["events"] == [7], result
            continue
        assert result["events"] == [], f"a {case} was trusted: {result}"
        assert "certificate" in result["body"], result
        if function == "lambda_api":
            assert json.loads(result["body"])["statusCode"] == 503, result
        else:
            assert json.loads(result["body"])["errorType"] == "Tributary.ImportFailed", result


@pytest.mark.parametrize("function", ["lambda_api", "lambda_s3"])
def test_runs_with_nothing_but_itself(tmp_path, certificates, function):
    check(run_sealed(tmp_path, certificates, function), function)


@pytest.mark.parametrize("function", ["lambda_api", "lambda_s3"])
@pytest.mark.skipif(QEMU is None, reason="qemu-user-static is not installed")
def test_runs_on_a_processor_of_x86_64_v2(tmp_path, certificates, function):
    check(run_sealed(tmp_path, certificates, function, QEMU, "-cpu", "Nehalem"), function)
