"""A root folder as Lambda gives a function: the unpacked zip at /var/task and nearly nothing else.

    root = LambdaRoot(folder, "lambda_api", zips)
    process = root.start({"PRODUCER_URL": …})        # chroot, as root or in a user namespace

Lambda's own variables are set as Lambda sets them; its LD_LIBRARY_PATH leads to a decoy of a glibc.
"""
import os
import pathlib
import shutil
import subprocess
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ZIPS = ROOT / "build/lambda"
VARIABLES = {
    "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:"
                       "/opt/lib",
    "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin", "LANG": "en_US.UTF-8", "TZ": ":UTC",
    "LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime", "_HANDLER": "bootstrap",
    "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
}


CHROOT = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin")


def as_root(*command):
    """A command that may call chroot: by itself, or as the root of a user namespace."""
    unshare = [] if os.geteuid() == 0 else ["/usr/bin/unshare", "--user", "--map-root-user"]
    return [*unshare, *command]


class LambdaRoot:
    def __init__(self, folder, function, zips=ZIPS):
        self.folder, self.function = pathlib.Path(folder), function
        task = self.folder / "var/task"
        task.mkdir(parents=True)
        with zipfile.ZipFile(zips / f"{function}.zip") as archive:
            for entry in archive.infolist():
                path = pathlib.Path(archive.extract(entry, task))
                path.chmod(entry.external_attr >> 16)
        (self.folder / "tmp").mkdir()
        for decoy in ("libc.so.6", "libstdc++.so.6", "libcrypto.so.3"):
            path = self.folder / "lib64" / decoy
            path.parent.mkdir(exist_ok=True)
            path.write_text("Not ours: a function must not load the system's library.\n")

    def add(self, path, content):
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pathlib.Path):
            shutil.copy(content, file)
        else:
            file.write_text(content)
        return file

    def environment(self, settings):
        return {**VARIABLES, "AWS_LAMBDA_FUNCTION_NAME": self.function, **settings}

    def start(self, settings, command=("/var/task/bootstrap",), **options):
        """`command` runs in the root, from /var/task."""
        return subprocess.Popen(as_root(CHROOT, str(self.folder), *command),
                                env=self.environment(settings), stdin=subprocess.DEVNULL, **options)
