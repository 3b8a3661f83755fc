"""The blocks of Python on the pages that newcomers begin with, run as they stand, those of a page one after the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", ["start/python.md", "migrate/xgboost.md", "migrate/lightgbm.md", "migrate/catboost.md"])
def test_blocks_of_python_work_as_they_stand(page, tmp_path, monkeypatch):
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall((PAGES / page).read_text())
    assert blocks, f"{page} has no Python"
    names: dict[str, object] = {"__name__": "page"}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{page}, block {number}", "exec"), names)
