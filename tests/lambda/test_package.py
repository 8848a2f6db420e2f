"""The zips: the same bytes twice, small, and with nothing left to the system's libraries."""
import subprocess
import sys
import zipfile

import pytest

import lambda_root
from system import BIN

PACKAGE = lambda_root.ROOT / "deploy/lambda/package.py"


@pytest.mark.parametrize("name", ["lambda_api", "lambda_s3"])
def test_is_reproducible_and_small(name, tmp_path):
    subprocess.run([sys.executable, PACKAGE, BIN, tmp_path], check=True)
    again = (tmp_path / f"{name}.zip").read_bytes()
    assert again == (lambda_root.ZIPS / f"{name}.zip").read_bytes()
    assert len(again) < 8_000_000


@pytest.mark.parametrize("name", ["lambda_api", "lambda_s3"])
def test_ships_every_library_that_its_programs_need(name):
    with zipfile.ZipFile(lambda_root.ZIPS / f"{name}.zip") as archive:
        names = set(archive.namelist())
        for entry in archive.infolist():
            assert entry.external_attr >> 16 & 0o777 == 0o755, entry.filename
            file = archive.extract(entry, lambda_root.ZIPS / "unpacked" / name)
            dynamic = subprocess.run(["readelf", "-d", file], capture_output=True, text=True).stdout
            needed = [line.split("[")[1].rstrip("]") for line in dynamic.splitlines()
                      if "(NEEDED)" in line]
            assert {f"lib/{library}" for library in needed} <= names, entry.filename
    assert {"bootstrap", "lib/ld-linux-x86-64.so.2", "lib/libc.so.6"} <= names
