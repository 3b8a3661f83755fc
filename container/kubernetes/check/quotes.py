"""Fenced blocks that quote a file, ```yaml file=NAME, must be that file."""

from __future__ import annotations

import re
from pathlib import Path

QUOTE = re.compile(r"^```\w+ file=(?P<file>\S+)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)


def against(root: Path, names: list[str]) -> list[str]:
    """Quotations that differ from their files."""
    wrong = []
    for name in (one for one in names if one.endswith(".md")):
        text = (root / name).read_text(encoding="utf-8")
        for match in QUOTE.finditer(text):
            quoted = (root / name).parent / match["file"]
            line = text.count("\n", 0, match.start()) + 1
            if not quoted.is_file() or quoted.read_text(encoding="utf-8") != match["body"]:
                wrong.append(f"{name}:{line}:1: the block is not what {match['file']} holds; copy the file into it")
    return wrong
