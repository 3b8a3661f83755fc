"""What `sapwood doctor` says of documents. The rules of jobs are its own, and none of them is written here again."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

BATCH = 1000  # files for one process


def findings(executable: Path, texts: list[str]) -> list[list[dict[str, Any]]]:
    """The errors and warnings about each text."""
    found: list[list[dict[str, Any]]] = [[] for _ in texts]
    with tempfile.TemporaryDirectory() as directory:
        files = [Path(directory) / f"{position}.yaml" for position in range(len(texts))]
        for file, text in zip(files, texts):
            file.write_text(text, encoding="utf-8")
        for first in range(0, len(files), BATCH):
            for finding in _run(executable, files[first:first + BATCH]):
                if finding["severity"] != "note":
                    found[int(Path(finding["file"]).stem)].append(finding)
    return found


def _run(executable: Path, files: list[Path]) -> list[dict[str, Any]]:
    run = subprocess.run([executable, "doctor", "--json", *files], capture_output=True, text=True)
    # 2: there are errors. Anything else is a defect of the doctor's.
    if run.returncode not in (0, 2):
        raise SystemExit(f"check-manifests: sapwood doctor ended with {run.returncode}: {run.stderr}")
    return json.loads(run.stdout)
