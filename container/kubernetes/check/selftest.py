"""Plants faults in copies of the documents, one at a time, and requires that the checks or the doctor find each."""

from __future__ import annotations

import collections
import copy
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any, Iterator

from . import checks, doctor, documents, faults, references
from .documents import Document, Keys
from .problems import get, path, values

Plant = tuple[str, str, Document]  # its sort, where it is, the document with it

# What no parser may let through, and blocks that no check may.
TEXTS = {
    "a key twice": ("x.yaml", "kind: Job\nkind: Job\n"),
    "broken YAML": ("x.yaml", "kind: [Job\n"),
    "broken JSON": ("container/x.json", '{"A": 1,}'),
    "an unknown kind": ("x.yaml", "apiVersion: v1\nkind: Podd\n"),
    "an unknown group": ("x.yaml", "apiVersion: sagemaker.services.k8s.aws/v1alpha2\nkind: TrainingJob\n"),
    "no kind": ("x.yaml", "services: {}\n"),
    "no mapping": ("x.yaml", "- kind\n"),
    "an unknown request": ("container/make-coffee.json", "{}"),
    "this image in a bare pod": (
        "x.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x, image: 'a/sapwood:1'}]}\n"),
    "a number for a policy": ("x.md", "```json\n5\n```\n"),
    "a request that is no object": ("container/create-training-job.json", "[]"),
    "a block in Markdown": ("x.md", "a\n  ```yaml\n  apiVersion: v1\n  kind: Service\n  metadata: {nam: x}\n  ```\n"),
}


def _changed(document: Document, keys: Keys, change: Any) -> Document:
    """A copy in which `change` was done to the parent of the value at `keys`."""
    value = copy.deepcopy(document.value)
    change(get(value, *keys[:-1]), keys[-1])
    return dataclasses.replace(document, value=value)


def _put(new: Any) -> Any:
    return lambda parent, key: parent.__setitem__(key, new)


def _misspell(parent: dict, key: str) -> None:
    parent[f"{key}x"] = parent.pop(key)


def _delete(parent: dict, key: str) -> None:
    del parent[key]


def _ends(keys: Keys, tail: str) -> bool:
    way = ".".join("*" if isinstance(key, int) else key for key in keys)
    return way == tail or way.endswith(f".{tail}")


def _plants(document: Document) -> Iterator[Plant]:
    label = checks.label(document)
    for keys, value in values(document.value):
        if not keys:
            continue
        free = any(parent in faults.FREE for parent in keys[:-1])
        if isinstance(keys[-1], str) and not free:
            yield "misspelt field", path(keys), _changed(document, keys, _misspell)
        if not isinstance(value, (dict, list)):
            yield "wrong type", f"{path(keys)}: a list", _changed(document, keys, _put([]))
            if "yperParameters" in str(keys[:-1]):
                yield "wrong type", f"{path(keys)}: an integer", _changed(document, keys, _put(7))
        for tail, wrong in faults.WRONG_VALUES.items():
            if _ends(keys, tail) and not isinstance(value, (dict, list)):
                yield "wrong value", f"{path(keys)}: {wrong}", _changed(document, keys, _put(wrong))
        if isinstance(keys[-1], str) and any(_ends(keys, tail) for tail in faults.REQUIRED.get(label, [])):
            yield "missing field", path(keys), _changed(document, keys, _delete)
    if label == "v1 ConfigMap":
        yield from _configuration(document)


def _configuration(document: Document) -> Iterator[Plant]:
    for sort, (old, new) in faults.CONFIGURATION.items():
        value = copy.deepcopy(document.value)
        value["data"] = {name: text.replace(old, new) for name, text in value["data"].items()}
        if value != document.value:
            yield sort, f"data: {old} becomes {new!r}", dataclasses.replace(document, value=value)


def _texts(sapwood: Path) -> dict[str, bool]:
    """Each fault that is text, and whether it was found."""
    found = {}
    for name, (file, text) in TEXTS.items():
        blocks = list(documents.fenced(file, text)) if file.endswith(".md") else [(1, file.rpartition(".")[2], text)]
        try:
            parsed = [one for line, language, body in blocks for one in documents.parse(file, body, language, line)]
        except documents.Malformed:
            found[name] = True
        else:
            found[name] = any(True for one in parsed for _ in checks.check(one)) or any(doctor.findings(sapwood, [text])[0])
    return found


def _says(findings: list[dict[str, Any]]) -> collections.Counter:
    # Places move with the form of a copy, and are no part of what is said.
    return collections.Counter((finding["severity"], finding["message"]) for finding in findings)


def _unknown_to_doctor(plants: list[tuple[Document, Plant]], sapwood: Path) -> list[tuple[Document, Plant]]:
    """Those of which the doctor says no more than of the document without them."""
    originals = {id(one): json.dumps(one.value) for one, _ in plants}
    texts = list(originals.values()) + [json.dumps(changed.value) for _, (_, _, changed) in plants]
    said = [_says(findings) for findings in doctor.findings(sapwood, texts)]
    before = dict(zip(originals, said))
    return [plant for plant, after in zip(plants, said[len(originals):]) if not after - before[id(plant[0])]]


def run(found: list[Document], sapwood: Path) -> int:
    """Plants every fault; 0 if all were found, 1 if one was not or a sort of fault is planted nowhere in a sort of document."""
    planted: collections.Counter = collections.Counter()
    left = []
    for document in found:
        for plant in _plants(document):
            planted[checks.label(document), plant[0]] += 1
            if next(checks.check(plant[2]), None) is None:
                left.append((document, plant))
    unknown = _unknown_to_doctor(left, sapwood)
    # References take it for granted that each document is valid, so they come last.
    missed = [f"{document.place(())}: {checks.label(document)}: {sort}: {where}" for document, (sort, where, changed) in unknown
              if not references.against([*(one for one in found if one is not document), changed])]
    texts = _texts(sapwood)
    missed += [f"text: {name}" for name, right in texts.items() if not right]
    labels = sorted({checks.label(one) for one in found})
    untried = [f"{label}: {sort}" for label in labels for sort in faults.SORTS if not planted[label, sort]]
    for line in missed:
        print(f"check-manifests: planted and not found: {line}", file=sys.stderr)
    for line in untried:
        print(f"check-manifests: planted nowhere, add it to faults.py: {line}", file=sys.stderr)
    for sort in sorted({sort for _, sort in planted}):
        print(f"{sum(count for (_, one), count in planted.items() if one == sort):5d}  {sort}")
    print(f"{len(texts):5d}  faults of parsing and of unknown kinds")
    total = sum(planted.values()) + len(texts)
    print(f"{len(left) - len(unknown):5d}  found by the doctor, and by no schema")
    print(f"check-manifests: self-test: {total - len(missed)} of {total} planted faults found, in {len(labels)} sorts of documents")
    return 1 if missed or untried else 0
