"""Without Node everything but the console's page is built, and the build says so."""
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = """\
include({root}/cmake/web.cmake)
tributary_web(built SOURCE web FILES index.html)
message(STATUS "files: '${{built}}'")
"""


@pytest.mark.parametrize("without", ["-DTRIBUTARY_WEB=OFF", "-DNODE=NODE-NOTFOUND"])
def test_the_console_is_left_out_with_a_word(tmp_path, without):
    (tmp_path / "configure.cmake").write_text(SCRIPT.format(root=ROOT))
    # Programs are looked for below an empty folder only: there is no Node.
    nowhere = [f"-DCMAKE_FIND_ROOT_PATH={tmp_path}", "-DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=ONLY"]
    done = subprocess.run(["cmake", without, *nowhere, "-P", tmp_path / "configure.cmake"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "web console is left out" in done.stdout and "files: ''" in done.stdout, done.stdout
