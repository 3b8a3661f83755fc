"""Finding and parsing: files and fenced blocks become documents that know where each of their values stands."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import yaml

Keys = tuple  # of str and int: the way to a value inside a document

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>ya?ml|json)[^\n]*\n(?P<body>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL)


class Malformed(Exception):
    """What cannot be parsed; its text says where and why."""


@dataclass(frozen=True)
class Document:
    """One YAML or JSON document."""

    file: str
    first_line: int
    language: str
    value: Any
    node: yaml.Node
    text: str

    def place(self, keys: Keys) -> str:
        """file:line:column of the value at `keys`, or of its nearest parent that exists."""
        node = self.node
        for key in keys:
            child = _child(node, key)
            if child is None:
                break
            node = child
        mark = node.start_mark
        return f"{self.file}:{self.first_line + mark.line}:{mark.column + 1}"


def _child(node: yaml.Node, key: Any) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode):
        return node.value[key] if isinstance(key, int) and key < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == str(key)), None)
    return None


class _Loader(yaml.SafeLoader):
    """SafeLoader that takes no key twice and, as a cluster does, no value for a date."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict:
    names = [loader.construct_object(name) for name, _ in node.value]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise yaml.constructor.ConstructorError(None, None, f"the key '{name}' is there twice", node.value[position][0].start_mark)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str)


def parse(file: str, text: str, language: str, first_line: int = 1) -> list[Document]:
    """The documents of `text`, which begins on line `first_line` of `file`."""
    try:
        if language == "json":
            json.loads(text)
        loader = _Loader(text)
        documents = []
        while loader.check_node():
            node = loader.get_node()
            documents.append(Document(file, first_line, language, loader.construct_document(node), node, text))
    except json.JSONDecodeError as error:
        raise Malformed(f"{file}:{first_line + error.lineno - 1}:{error.colno}: {error.msg}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        raise Malformed(f"{file}:{first_line + line}:{column + 1}: {error.problem}") from None
    # An empty document, as after a last '---', is nothing.
    return [document for document in documents if document.value is not None]


def fenced(file: str, text: str) -> Iterator[tuple[int, str, str]]:
    """The fenced YAML and JSON blocks of a Markdown file: first line, language, body."""
    for match in FENCE.finditer(text):
        indent = match["indent"]
        body = "".join(line.removeprefix(indent) for line in match["body"].splitlines(keepends=True))
        language = "json" if match["language"] == "json" else "yaml"
        yield text.count("\n", 0, match.start("body")) + 1, language, body


def files(root: Path) -> list[str]:
    """What may hold documents: all YAML and Markdown, and the JSON of container/. Ignored files are left out."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    wanted = re.compile(r".*\.(ya?ml|md)|container/.*\.json")
    return sorted(name for name in set(listed) if wanted.fullmatch(name) and (root / name).is_file())


def read(root: Path, name: str) -> list[Document]:
    """The documents of one file."""
    text = (root / name).read_text(encoding="utf-8")
    if name.endswith(".md"):
        return [document for line, language, body in fenced(name, text) for document in parse(name, body, language, line)]
    documents = parse(name, text, "json" if name.endswith(".json") else "yaml")
    if not documents:
        raise Malformed(f"{name}:1:1: the file is empty")
    return documents
