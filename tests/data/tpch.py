#!/usr/bin/env python3
"""Writes the orders of TPC-H as one JSON array: 1,500,000 times SCALE of them, 290 MB at scale 1.

    tests/data/tpch.py SCALE FILE        (prints how many)

DuckDB and its generator come from PyPI into a folder of the cache, once.
"""
import os
import pathlib
import subprocess
import sys
import venv

DUCKDB = "1.4.2"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tributary"
QUERY = """select o_orderkey as id, o_custkey as customer_id, o_orderstatus as status,
    o_totalprice as total, o_orderdate as date, o_orderpriority as priority, o_clerk as clerk,
    o_comment as comment from orders"""


def python_with_duckdb():
    folder = CACHE / f"duckdb-{DUCKDB}"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check",
                        f"duckdb=={DUCKDB}", f"duckdb-extension-tpch=={DUCKDB}"], check=True)
        (folder / "complete").touch()
    return folder / "bin/python"


def write_orders(scale, file):
    """Returns how many there are."""
    done = subprocess.run([python_with_duckdb(), __file__, "--generate", str(scale), str(file)],
                          check=True, capture_output=True, text=True)
    return int(done.stdout)


def generate(scale, file):
    import duckdb
    import duckdb_extension_tpch
    extensions = pathlib.Path(duckdb_extension_tpch.__file__).parent / "extensions"
    database = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": "2"})
    database.execute(f"LOAD '{next(extensions.glob('*/tpch.duckdb_extension'))}'")
    database.execute(f"CALL dbgen(sf={float(scale)})")
    database.execute(f"COPY ({QUERY}) TO '{file}' (FORMAT JSON, ARRAY true)")
    print(database.execute("SELECT count(*) FROM orders").fetchone()[0])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--generate"]:
        generate(*sys.argv[2:])
    elif len(sys.argv) == 3:
        print(write_orders(*sys.argv[1:]))
    else:
        sys.exit(__doc__)
