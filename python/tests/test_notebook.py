"""The notebook, run as it stands: no cell fails, what it prints is in range, and its plots are left as PNG files.

To look at the plots: scripts/test-python -k notebook --basetemp=DIRECTORY
"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import matplotlib.image
import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "from_lightgbm.ipynb"
NUMBER = r"(-?[0-9.]+(?:e-?[0-9]+)?)"


@pytest.fixture(scope="module")
def outputs():
    """What each cell put out, by the cell's name."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "the notebook is kept without outputs, which would grow stale"
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    return {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}


def text(outputs, cell, stream="stdout"):
    """What a cell printed."""
    return "".join(output.text for output in outputs[cell] if output.get("name") == stream)


def numbers(outputs, cell, pattern):
    found = re.search(pattern, text(outputs, cell))
    assert found, text(outputs, cell)
    return [float(number) for number in found.groups()]


def test_what_it_prints_is_in_range(outputs):
    assert "20839 rows to learn from, 5210 to stop by, 6512 to judge by" in text(outputs, "data")
    (best, loss) = numbers(outputs, "train", rf"best round: {NUMBER} logloss: {NUMBER}")
    assert 20 < best < 400 and 0.26 < loss < 0.30
    assert text(outputs, "train").count("valid-logloss") >= 2
    assert 0.925 < numbers(outputs, "predict", rf"test AUC: {NUMBER}")[0] < 0.94
    assert 0.265 < numbers(outputs, "predict", rf"test logloss: {NUMBER}")[0] < 0.285
    assert 0.865 < numbers(outputs, "predict", rf"test accuracy: {NUMBER}")[0] < 0.885
    assert numbers(outputs, "contributions", rf"sums: {NUMBER}")[0] < 1e-9
    (rounds, mean, spread) = numbers(outputs, "cv", rf"{NUMBER} rounds, logloss {NUMBER} \+- {NUMBER}")
    assert 30 < rounds < 300 and 0.27 < mean < 0.29 and 0 < spread < 0.01
    assert 0.92 < numbers(outputs, "cv", rf"out of fold: {NUMBER}")[0] < 0.94
    assert 0.86 < numbers(outputs, "estimator", rf"accuracy: {NUMBER}")[0] < 0.89
    assert 0.90 < numbers(outputs, "search", rf"AUC: {NUMBER}")[0] < 0.94
    (first, last) = numbers(outputs, "own", rf"rounds: {NUMBER} {NUMBER}")
    assert 0.1 < last < first < 0.3
    assert 0.92 < numbers(outputs, "own", rf"test AUC: {NUMBER}")[0] < 0.94
    assert numbers(outputs, "continue", rf"rounds: {NUMBER} {NUMBER}") == [20, 40]
    (first, second) = numbers(outputs, "continue", rf"logloss: {NUMBER} {NUMBER}")
    assert 0.26 < second < first < 0.36
    assert text(outputs, "save").count("same predictions: True") == 2
    assert "same predictions: True" in text(outputs, "import")


def test_it_warns_of_the_one_thing_that_is_new_at_the_line_that_asked(outputs):
    warned = [cell for cell in outputs if text(outputs, cell, "stderr")]
    assert warned == ["predict"]
    told = text(outputs, "predict", "stderr")
    assert "native_country has values not seen in training" in told and "booster.predict(test)" in told


def test_its_plots_are_no_blank_sheets(outputs, tmp_path):
    plots = [cell for cell in outputs if cell.startswith("plot-")]
    assert len(plots) == 8
    for cell in plots:
        assert text(outputs, cell) == ""
        png = base64.b64decode("".join(output.data["image/png"] for output in outputs[cell]))
        (tmp_path / f"{cell}.png").write_bytes(png)
        pixels = matplotlib.image.imread(io.BytesIO(png))[..., :3]
        assert min(pixels.shape[:2]) > 150 and 0.01 < (pixels < 0.99).any(axis=2).mean() < 0.9
