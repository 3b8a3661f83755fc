"""check-manifests [--self-test] SAPWOOD ROOT"""

from __future__ import annotations

import argparse
import collections
import sys
from pathlib import Path

from . import checks, doctor, documents, migration, quotes, references, resources, selftest, snippets
from .documents import Document, Malformed
from .problems import path


def read_all(root: Path) -> tuple[list[Document], list[str]]:
    """All documents, and what could not be parsed."""
    found, wrong = [], []
    for name in documents.files(root):
        try:
            found.extend(documents.read(root, name))
        except (Malformed, UnicodeDecodeError) as error:
            wrong.append(str(error) if isinstance(error, Malformed) else f"{name}:1:1: {error}")
    return found, wrong


def check_all(found: list[Document], sapwood: Path, root: Path) -> list[str]:
    """Everything wrong with the documents and between them."""
    pairs = [(one, problem) for one in found for problem in checks.check(one)]
    lines = judged(found, sapwood)
    # These take it for granted that each document is valid.
    if not pairs and not lines:
        pairs = references.against(found) + migration.against(found)
    lines += [f"{one.place(problem.keys)}: {path(problem.keys)}: {problem.message}" for one, problem in pairs]
    return lines + quotes.against(root, documents.files(root)) + snippets.against(root, sapwood)


def judged(found: list[Document], sapwood: Path) -> list[str]:
    """The doctor's errors and warnings, but for the warnings about the retired operator's jobs, which run the built-in XGBoost."""
    texts = {(one.file, one.first_line): one.text for one in found}
    retired = {(one.file, one.first_line) for one in found if getattr(resources.find(one.value), "retired", False)}
    lines = []
    for (file, first_line), findings in zip(texts, doctor.findings(sapwood, list(texts.values()))):
        for finding in findings:
            if finding["severity"] == "error" or (file, first_line) not in retired:
                line = first_line + (finding["line"] or 1) - 1
                lines.append(f"{file}:{line}:{finding['column'] or 1}: {finding['message']}")
    return lines


def main() -> int:
    """0: all is well; 1: something is wrong."""
    parser = argparse.ArgumentParser(prog="check-manifests", description="Checks every manifest and AWS request of the repository.")
    parser.add_argument("--self-test", action="store_true", help="plant faults in copies of the manifests and require that each is found")
    parser.add_argument("sapwood", type=Path, help="the executable, whose doctor knows the rules of jobs")
    parser.add_argument("root", type=Path)
    arguments = parser.parse_args()
    found, wrong = read_all(arguments.root)
    wrong += check_all(found, arguments.sapwood, arguments.root)
    for line in wrong:
        print(f"check-manifests: {line}", file=sys.stderr)
    if wrong or not found:
        print(f"check-manifests: {len(wrong)} problems in {len(found)} documents", file=sys.stderr)
        return 1
    if arguments.self_test:
        return selftest.run(found, arguments.sapwood)
    for name, count in sorted(collections.Counter(map(checks.label, found)).items()):
        print(f"{count:4d}  {name}")
    print(f"check-manifests: {len(found)} documents in {len({one.file for one in found})} files are valid")
    return 0


if __name__ == "__main__":
    sys.exit(main())
