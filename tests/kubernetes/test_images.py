"""What lies in the images, read from their archives; needs no cluster."""
import json
import os
import shutil
import tarfile

import pytest

from images import OURS, build_ours


@pytest.fixture(scope="module")
def archives():
    if not shutil.which("buildah") and not os.path.exists("/var/run/docker.sock"):
        pytest.skip("there is neither buildah nor Docker")
    build_ours()
    return OURS


def config_of(archive):
    with tarfile.open(archive) as tar:
        [manifest] = json.load(tar.extractfile("manifest.json"))
        return json.load(tar.extractfile(manifest["Config"])), manifest["Layers"]


def files_of(archive):
    names = set()
    with tarfile.open(archive) as tar:
        for layer in config_of(archive)[1]:
            with tarfile.open(fileobj=tar.extractfile(layer)) as inner:
                names |= {name.removeprefix("./").removeprefix("/") for name in inner.getnames()}
    return names


def test_images_are_small_run_as_nobody_and_say_what_they_are(archives):
    for archive in archives:
        config = config_of(archive)[0]["config"]
        assert archive.stat().st_size < 60_000_000
        assert config["User"] == "65532:65532"
        assert len(config["Entrypoint"]) == 1 and "Cmd" not in (config if config.get("Cmd") else {})
        labels = {name.removeprefix("org.opencontainers.image."): value
                  for name, value in config["Labels"].items()}
        assert labels["licenses"] == "Apache-2.0" and labels["description"] and labels["version"]
        assert labels["revision"] != "unknown"


def test_images_hold_their_program_and_no_shell(archives):
    for archive in archives:
        names = files_of(archive)
        assert config_of(archive)[0]["config"]["Entrypoint"][0].lstrip("/") in names
        assert "etc/ssl/certs/ca-certificates.crt" in names
        assert not {name for name in names
                    if name.rsplit("/", 1)[-1] in ("sh", "bash", "dash", "busybox", "apt", "dpkg")}
