"""Reads Terraform files as text: blocks, their arguments and where each stands.

It knows just enough of the language to find those borders (comments, strings with ${…} in them,
brackets), and leaves expressions as they are written, so that what is not changed stays the same to
the byte. Heredocs are refused; the project uses none.
"""
import dataclasses
import pathlib
import re

_NAME = re.compile(r"[A-Za-z_][\w-]*")


class ReadError(Exception):
    pass


@dataclasses.dataclass
class Argument:
    name: str
    text: str   # The expression, as written.
    start: int  # Of the name; `end` is behind the expression.
    end: int


@dataclasses.dataclass
class Block:
    kind: str
    labels: list
    start: int
    end: int
    body_start: int  # Behind the opening brace; `body_end` is at the closing one.
    body_end: int
    arguments: dict
    blocks: list
    file: "File"

    @property
    def address(self):
        """`aws_vpc.this`, `data.aws_region.current`, `variable.name`"""
        first = [] if self.kind == "resource" else [self.kind]
        return ".".join(first + self.labels)

    @property
    def line(self):
        return self.file.text.count("\n", 0, self.start) + 1

    def children(self, kind):
        return [block for block in self.blocks if block.kind == kind]

    @property
    def body(self):
        return self.file.text[self.body_start:self.body_end]


class File:
    def __init__(self, path, text=None):
        self.path = pathlib.Path(path)
        self.text = self.path.read_text() if text is None else text
        self.blocks, arguments, end = self._body(0)
        if end != len(self.text) or arguments:
            raise ReadError(f"{self.path}: something stands outside of the blocks")

    def _body(self, at):
        blocks, arguments = [], {}
        while True:
            at = self._skip_space(at)
            if at >= len(self.text) or self.text[at] == "}":
                return blocks, arguments, at
            name = _NAME.match(self.text, at)
            if not name:
                raise ReadError(f"{self.path}:{self._line(at)}: expected a name")
            behind = self._skip_space(name.end(), over_lines=False)
            if self.text[behind] == "=":
                end = self._expression_end(behind + 1)
                arguments[name[0]] = Argument(name[0], self.text[behind + 1:end].strip(), at, end)
                at = end
            else:
                block = self._block(name[0], at, behind)
                blocks.append(block)
                at = block.end

    def _block(self, kind, start, at):
        labels = []
        while self.text[at] != "{":
            label = re.compile(r'"([^"]*)"|([A-Za-z_][\w-]*)').match(self.text, at)
            if not label:
                raise ReadError(f"{self.path}:{self._line(at)}: expected a label or {{")
            labels.append(label[1] if label[1] is not None else label[2])
            at = self._skip_space(label.end(), over_lines=False)
        blocks, arguments, end = self._body(at + 1)
        if end >= len(self.text):
            raise ReadError(f"{self.path}:{self._line(start)}: the block is never closed")
        return Block(kind, labels, start, end + 1, at + 1, end, arguments, blocks, self)

    def _line(self, at):
        return self.text.count("\n", 0, at) + 1

    def _skip_space(self, at, over_lines=True):
        text = self.text
        while at < len(text):
            if text[at] == "#" or text.startswith("//", at):
                at = text.find("\n", at) if "\n" in text[at:] else len(text)
            elif text[at] in (" \t\r\n" if over_lines else " \t"):
                at += 1
            else:
                break
        return at

    def _expression_end(self, at):
        """Behind the expression that begins at `at`: the end of its line outside of brackets."""
        depth, text = 0, self.text
        while at < len(text):
            char = text[at]
            if char == '"':
                at = string_end(text, at)
                continue
            if text.startswith("<<", at):
                raise ReadError(f"{self.path}:{self._line(at)}: heredocs are not read")
            if char == "#" and depth == 0 or char == "\n" and depth == 0:
                return at - (len(text[:at]) - len(text[:at].rstrip(" \t")))
            if char == "#":
                at = text.find("\n", at)
            if char in "([{":
                depth += 1
            elif char in ")]}":
                if depth == 0:
                    return at
                depth -= 1
            at += 1
        return at


def string_end(text, at):
    """Behind the string that begins with the quote at `at`."""
    at += 1
    while text[at] != '"':
        if text[at] == "\\":
            at += 2
        elif text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            at = _template_end(text, at + 2)
        else:
            at += 1
    return at + 1


def _template_end(text, at):
    depth = 1
    while depth:
        if text[at] == '"':
            at = string_end(text, at)
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at


def code_of(expression):
    """The expression without the letters of its strings; what stands in their ${…} is kept."""
    out, at = [], 0
    while at < len(expression):
        if expression[at] == "#":
            at = expression.find("\n", at) if "\n" in expression[at:] else len(expression)
            continue
        if expression[at] != '"':
            out.append(expression[at])
            at += 1
            continue
        end = string_end(expression, at)
        inner, at = expression[at + 1:end - 1], end
        out.append('"')
        while (found := re.search(r"(?<!\$)\$\{", inner)):
            close = _template_end(inner, found.end())
            out.append(" " + code_of(inner[found.end():close - 1]) + " ")
            inner = inner[close:]
        out.append('"')
    return "".join(out)


def literal(expression):
    """A plain value as Python's; None for anything that Terraform must compute."""
    if re.fullmatch(r'"(?:[^"\\$%]|\\.|\$(?!\{)|%(?!\{))*"', expression):
        return expression[1:-1]
    if re.fullmatch(r"-?\d+", expression):
        return int(expression)
    return {"true": True, "false": False}.get(expression)


def read_folder(folder):
    return [File(path) for path in sorted(pathlib.Path(folder).glob("*.tf"))]
