"""The kill test would notice: each guarantee is broken once on purpose, and the checker must say so.

`mutations/` holds one small patch per guarantee. It is applied to a copy of the tree, the program
that it is about is built there, and a system with that program is killed under the same load and
checked in the same way as the real one.
"""
import filecmp
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from checker import check  # noqa: E402
from kills import kill_during_load  # noqa: E402
from system import BIN, System  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATCHES = pathlib.Path(__file__).parent / "mutations"
KILLS = 8


def run(*command, folder, **options):
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True,
                          **options)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def copy_changed(files, tree):
    for name in files:
        source, copy = ROOT / name, tree / name
        if not copy.exists() or not filecmp.cmp(source, copy, shallow=False):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def mutated_programs(patch, program, folder):
    """A folder of programs in which one is built from the tree with the patch. The tree stays, so
    that the next run builds only what has changed."""
    tree = ROOT / "build/mutations" / patch
    copy_changed(run("git", "ls-files", "-co", "--exclude-standard", "CMakeLists.txt",
                     "CMakePresets.json", "cmake", "src", "fuzz", folder=ROOT).splitlines(), tree)
    run("patch", "--strip=1", "--input", PATCHES / f"{patch}.patch", folder=tree)
    if not (tree / "build/release/build.ninja").exists():
        run("cmake", "--preset", "release", folder=tree)
    run("ninja", "-C", "build/release", program, folder=tree)
    shutil.copytree(BIN, folder, copy_function=os.link)
    (folder / program).unlink()
    shutil.copy2(tree / "build/release/bin" / program, folder / program)
    return folder


@pytest.mark.parametrize("patch, program, words", [
    ("without-id", "tributary-consumer", "there twice"),
    ("commit-before-index", "tributary-consumer", "accepted events are lost"),
    ("answer-before-sync", "tributary-producer", "accepted events are lost"),
])
def test_the_checker_sees_a_broken_guarantee(tmp_path, is_long, patch, program, words):
    if not is_long:
        pytest.skip("a long form: ./dev test --long fault")
    programs = mutated_programs(patch, program, tmp_path / "bin")
    with System(tmp_path, programs) as system:
        load = kill_during_load(system, [program] * KILLS)
        with pytest.raises(AssertionError, match=words) as failure:
            check(system, load)
        print(f"{patch}: {len(load.accepted)} accepted; {failure.value}")
