#!/usr/bin/env python3
"""Checks every block of deploy/terraform against the schema of the current AWS provider.

    check.py SCHEMA.json FOLDER

Names and kinds of arguments, required arguments and blocks, values and exclusions (facts.py),
references within a module, and what modules hand to each other. One sentence a finding.
"""
import json
import pathlib
import re
import sys

import facts
import hcl

META_ARGUMENTS = {"count", "for_each", "depends_on", "provider"}
META_BLOCKS = {"lifecycle", "provisioner", "connection"}
_REFERENCE = re.compile(r"(?<![\w.\"-])(data\.)?(aws_\w+)\.(\w+)(?:\[[^\[\]]*(?:\[[^\]]*\][^\[\]]*)?\])?(?:\.(\w+))?")
_SCOPED = re.compile(r"(?<![\w.-])(var|local|module)\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?")


class Checker:
    def __init__(self, schema, root):
        self.schema, self.root, self.findings = schema, pathlib.Path(root), []
        self.folders = {folder: [b for file in hcl.read_folder(folder) for b in file.blocks]
                        for folder in sorted({path.parent for path in self.root.rglob("*.tf")})}
        self.checked = 0

    def run(self):
        for folder, blocks in self.folders.items():
            for block in blocks:
                if block.kind in ("resource", "data"):
                    self.check_typed(block)
                elif block.kind == "module":
                    self.check_module_call(folder, block)
                elif block.kind in ("variable", "output"):
                    self.check_described(block)
                self.check_references(folder, blocks, block)
        return self.findings

    def say(self, block, sentence):
        where = block.file.path.relative_to(self.root)
        self.findings.append(f"{where}:{block.line}: {sentence}")

    # --- resources and data sources -----------------------------------------------------------------

    def check_typed(self, block):
        self.checked += 1
        name = block.labels[0]
        declared = self.schema[block.kind].get(name)
        if not declared:
            self.say(block, f"there is no {block.kind} {name}")
            return
        self.check_body(block, block, declared, name, "")
        present = set(block.arguments) | {kind for kind, _ in nested_blocks(block)}
        for group in facts.ONE_OF.get(name, []):
            if len(group & present) != 1:
                self.say(block, f"{block.address}: exactly one of {words(group)} must be given, not {words(group & present) or 'none'}")
        for group in facts.CONFLICTS.get(name, []):
            if len(group & present) > 1:
                self.say(block, f"{block.address}: {words(group & present)} exclude each other")
        for kind in facts.NEEDED_BLOCKS.get(name, set()) - present:
            self.say(block, f"{block.address}: the block {kind} is missing")

    def check_body(self, top, body, declared, type_name, path):
        where = f"{top.address}{' ' + path if path else ''}"
        for argument in body.arguments.values():
            known = declared["arguments"].get(argument.name)
            if known:
                self.check_value(top, argument, known["kind"], type_name, f"{path}.{argument.name}".lstrip("."))
            elif argument.name in declared["blocks"]:
                self.say(top, f"{where}: {argument.name} is a block, write it without =")
            elif path or argument.name not in META_ARGUMENTS:
                self.say(top, f"{where}: there is no argument {argument.name}")
        children = nested_blocks(body)
        for kind, child in children:
            inner = declared["blocks"].get(kind)
            if inner:
                self.check_body(top, child, inner, type_name, f"{path}.{kind}".lstrip("."))
            elif kind in declared["arguments"]:
                self.say(top, f"{where}: {kind} is an argument, write it with =")
            elif path or kind not in META_BLOCKS:
                self.say(top, f"{where}: there is no block {kind}")
        given = set(body.arguments) | {kind for kind, _ in children}
        for name, known in declared["arguments"].items():
            if known["required"] and name not in given:
                self.say(top, f"{where}: the argument {name} is missing")
        for name, known in declared["blocks"].items():
            if known["required"] and name not in given:
                self.say(top, f"{where}: the block {name} is missing")

    def check_value(self, block, argument, kind, type_name, path):
        text = argument.text
        found = kind_of(text)
        if found and kind != "any" and found != kind:
            self.say(block, f"{block.address}: {path} takes a {kind}, not the {found} {text.splitlines()[0]}")
            return
        values = [hcl.literal(text)] if found == "string" else re.findall(r'"([^"$]*)"', text) if found == "list" else []
        known = facts.VALUES.get((type_name, path))
        for value in values:
            if known and value not in known:
                self.say(block, f"{block.address}: {path} takes {words(known)}, not \"{value}\"")
            elif known is None and argument.name not in facts.FREE and (type_name, path) not in facts.FREE_PATHS:
                self.say(block, f"{block.address}: facts.py does not say what {path} takes; \"{value}\" was found")

    # --- modules -----------------------------------------------------------------------------------------

    def check_module_call(self, folder, block):
        self.checked += 1
        target = (folder / hcl.literal(block.arguments["source"].text)).resolve()
        called = self.folders.get(target)
        if called is None:
            self.say(block, f"{block.address}: there is no folder {target.name}")
            return
        variables = {b.labels[0]: b for b in called if b.kind == "variable"}
        given = set(block.arguments) - {"source", "version", "providers"} - META_ARGUMENTS
        for name in sorted(given - set(variables)):
            self.say(block, f"{block.address}: the module has no variable {name}")
        for name, variable in variables.items():
            if "default" not in variable.arguments and name not in given:
                self.say(block, f"{block.address}: the variable {name} is missing")

    def check_described(self, block):
        self.checked += 1
        for name in ("description",) + (("type",) if block.kind == "variable" else ()):
            if name not in block.arguments:
                self.say(block, f"{block.address} has no {name}")

    # --- references ---------------------------------------------------------------------------------------

    def check_references(self, folder, blocks, block):
        resources = {b.address for b in blocks if b.kind in ("resource", "data")}
        names = {"var": {b.labels[0] for b in blocks if b.kind == "variable"},
                 "local": {name for b in blocks if b.kind == "locals" for name in b.arguments},
                 "module": {b.labels[0]: b for b in blocks if b.kind == "module"}}
        for expression in expressions(block):
            code = hcl.code_of(expression)
            for data, type_name, name, attribute in _REFERENCE.findall(code):
                self.check_resource_reference(block, resources, data, type_name, name, attribute)
            for scope, name, attribute in _SCOPED.findall(code):
                if name not in names[scope]:
                    self.say(block, f"{block.address}: {scope}.{name} does not exist")
                elif scope == "module" and attribute:
                    self.check_output(folder, block, names["module"][name], attribute)

    def check_resource_reference(self, block, resources, data, type_name, name, attribute):
        if f"{data}{type_name}.{name}" not in resources:
            self.say(block, f"{block.address}: {data}{type_name}.{name} does not exist")
            return
        declared = self.schema["data" if data else "resource"].get(type_name)
        if declared and attribute and attribute not in declared["attributes"]:
            self.say(block, f"{block.address}: {data}{type_name} has no attribute {attribute}")

    def check_output(self, folder, block, call, output):
        called = self.folders.get((folder / hcl.literal(call.arguments["source"].text)).resolve(), [])
        if output not in {b.labels[0] for b in called if b.kind == "output"}:
            self.say(block, f"{block.address}: module.{call.labels[0]} has no output {output}")


def nested_blocks(body):
    """(kind, block) of each; a dynamic block counts as what it makes."""
    out = []
    for child in body.blocks:
        if child.kind == "dynamic":
            out += [(child.labels[0], content) for content in child.children("content")]
        elif child.kind not in META_BLOCKS:
            out.append((child.kind, child))
    return out


def expressions(block):
    for argument in block.arguments.values():
        yield argument.text
    for child in block.blocks:
        yield from expressions(child)


def kind_of(text):
    """The kind of a literal; None for what Terraform must compute."""
    value = hcl.literal(text)
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "number"
    if isinstance(value, str):
        return "string"
    if re.match(r"\[(?!\s*for\b)", text) and text.endswith("]"):
        return "list"
    if re.match(r"\{(?!\s*for\b)", text) and text.endswith("}"):
        return "map"
    return None


def words(names):
    return ", ".join(sorted(names))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    checker = Checker(json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2]).resolve())
    for finding in checker.run():
        print(finding)
    print(f"{checker.checked} blocks checked, {len(checker.findings)} findings")
    sys.exit(1 if checker.findings else 0)
