#!/usr/bin/env python3
"""Makes lambda_api.zip and lambda_s3.zip for Lambda's `provided.al2023` on x86-64.

    deploy/lambda/package.py BIN_DIR OUT_DIR        (`./dev package lambda` builds first and calls this)

A zip holds `bootstrap` and, in `lib/`, the loader, glibc and every library that it needs, since
Debian's glibc is newer than that of Amazon Linux 2023. The kernel finds the loader by the absolute
path /var/task/lib that is written into `bootstrap`, and the loader the libraries by a DT_RPATH: that
one counts before LD_LIBRARY_PATH, which Lambda sets to /lib64 first, where its own glibc lies.
The same programs give the same bytes: fixed times, fixed order.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

FUNCTIONS = ("lambda_api", "lambda_s3")
TASK_LIB = "/var/task/lib"
LOADER = "ld-linux-x86-64.so.2"
MAX_BYTES = 8_000_000


def output_of(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True,
                          text=True).stdout


def libraries_of(program):
    """name -> path of all that the loader would load for it, and the loader itself."""
    found = {}
    for line in output_of("ldd", program).splitlines():
        match = re.match(r"\s*(\S+) => (/\S+) \(", line)
        if match:
            found[match.group(1)] = match.group(2)
        elif LOADER in line:
            found[LOADER] = line.split()[0]
        elif "not found" in line:
            sys.exit(f"{program}: {line.strip()}")
    return found


def stage(program, folder):
    """Lays out one function as it will lie at /var/task."""
    (folder / "lib").mkdir(parents=True)
    for name, path in libraries_of(program).items():
        copy = folder / "lib" / name
        shutil.copyfile(path, copy)
        copy.chmod(0o755)
        if name != LOADER:
            output_of("strip", "--strip-unneeded", copy)
            # Their own needs are met from the same folder; libraries have no other rpath.
            output_of("patchelf", "--force-rpath", "--set-rpath", TASK_LIB, copy)
    bootstrap = folder / "bootstrap"
    shutil.copyfile(program, bootstrap)
    bootstrap.chmod(0o755)
    output_of("strip", "--strip-all", bootstrap)
    output_of("patchelf", "--set-interpreter", f"{TASK_LIB}/{LOADER}", "--force-rpath",
              "--set-rpath", TASK_LIB, bootstrap)


def write_zip(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100755 << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes(), compresslevel=9)


def main():
    bin_dir, out_dir = map(pathlib.Path, sys.argv[1:])
    out_dir.mkdir(parents=True, exist_ok=True)
    for name in FUNCTIONS:
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary) / name
            stage(bin_dir / name / "bootstrap", folder)
            path = out_dir / f"{name}.zip"
            write_zip(folder, path)
            unpacked = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
        size = path.stat().st_size
        print(f"{path}: {size / 1e6:.2f} MB, {unpacked / 1e6:.2f} MB unpacked")
        if size > MAX_BYTES:
            sys.exit(f"{path} is larger than the {MAX_BYTES / 1e6:.0f} MB that are allowed.")


if __name__ == "__main__":
    main()
