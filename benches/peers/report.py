"""Tables for people and records for benches/runs/: what was run, on what, with which versions, and every number."""

import datetime
import json
import os
import platform
import re
import shlex
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["lightgbm", "xgboost-cpu", "catboost", "scikit-learn", "bonsai-gbt", "hessboost"]


def markdown(rows: list[dict]) -> str:
    """A Markdown table; columns in order of first appearance."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, ["---"] * len(columns), *([str(row.get(name, "")) for name in columns] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def as_json(row: dict) -> str:
    return json.dumps(row, ensure_ascii=False)


def save(kind: str, table: str, raw: list[dict]) -> None:
    """Writes benches/runs/<date>-<cpu>/<kind>.md and <kind>.jsonl."""
    directory = ROOT / "benches" / "runs" / f"{datetime.date.today()}-{_slug(cpu())}"
    directory.mkdir(parents=True, exist_ok=True)
    facts = {
        "command": shlex.join(["benches/peers/run", kind, *sys.argv[1:]]),
        "commit": _output("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "processor": f"{cpu()}, {len(os.sched_getaffinity(0))} threads",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "trainers": ", ".join([sapwood_version(), *(_package(name) for name in PACKAGES)]),
        "load when it ended": "%.1f %.1f %.1f" % os.getloadavg(),
    }
    lines = [f"# {kind.capitalize()}", "", *(f"- {key}: {value}" for key, value in facts.items()), "", table, ""]
    (directory / f"{kind}.md").write_text("\n".join(lines))
    (directory / f"{kind}.jsonl").write_text("".join(as_json(run) + "\n" for run in raw))
    print(f"saved in {directory}", file=sys.stderr)


def cpu() -> str:
    """The processor's name."""
    try:
        names = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def sapwood_version() -> str:
    return _output(os.environ.get("SAPWOOD", "sapwood"), "--version") or "sapwood"


def _package(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} absent"


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"\(.*?\)|@.*|CPU|processor", "", text, flags=re.IGNORECASE).lower()).strip("-")
