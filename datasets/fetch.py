"""Fetches the data sets of manifest.toml into datasets/data/<name>/ and checks every byte of them.

Run it as scripts/fetch-data. What is there already, with the right SHA-256, is left alone.
"""

import argparse
import gzip
import hashlib
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from sources import FetchError, download

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"


def main() -> int:
    manifest = tomllib.loads((HERE / "manifest.toml").read_text())
    parser = argparse.ArgumentParser(prog="scripts/fetch-data", description="Fetch data sets into datasets/data/.")
    parser.add_argument("names", nargs="*", metavar="name", help="data sets to fetch (default: all)")
    parser.add_argument("--list", action="store_true", help="say what there is, and what is fetched already")
    parser.add_argument("--hashes", action="store_true", help="print what manifest.toml should say of the files, and check nothing")
    args = parser.parse_args()
    if unknown := [name for name in args.names if name not in manifest]:
        parser.error(f"no data set is called {', '.join(unknown)}; there are {', '.join(manifest)}")
    names = args.names or list(manifest)
    if args.list:
        list_sets(manifest, names)
        return 0
    try:
        for name in names:
            fetch(name, manifest[name], print_hashes=args.hashes)
            check_carried(name, manifest[name])
    except FetchError as error:
        print(f"fetch-data: {name}: {error}", file=sys.stderr)
        return 2
    return 0


def list_sets(manifest: dict, names: list[str]) -> None:
    for name in names:
        entry = manifest[name]
        there = all((DATA / name / file).exists() for file in entry["files"])
        state = "fetched" if there else "-"
        print(f"{name:14} {state:8} {entry['rows']:>9,} × {entry['features']:<4} {entry['objective']:18} {entry['title']}")


def fetch(name: str, entry: dict, *, print_hashes: bool) -> None:
    target = DATA / name
    if not print_hashes and all(matches(target / file, expected["sha256"]) for file, expected in entry["files"].items()):
        print(f"{name}: there already, SHA-256 as in the manifest")
        return
    source = entry["source"]
    artefact = download(source, DATA / "artefacts")
    if not matches(artefact, source["sha256"]):
        raise FetchError(
            f"{artefact} has SHA-256 {sha256(artefact)}, the manifest says {source['sha256']}: it is damaged or another version. "
            "Delete it and try again."
        )
    produce(name, artefact, target)
    if print_hashes:
        for path in sorted(target.iterdir()):
            print(f'{name}: "{path.name}" = {{ bytes = {path.stat().st_size}, sha256 = "{sha256(path)}" }}')
        return
    for file, expected in entry["files"].items():
        if not matches(target / file, expected["sha256"]):
            raise FetchError(
                f"{target / file} has SHA-256 {sha256(target / file)}, the manifest says {expected['sha256']}: datasets/convert.py or "
                "the versions in datasets/requirements.txt have changed. If that is meant, see `fetch-data --hashes`."
            )
    print(f"{name}: {', '.join(entry['files'])} in {target}")


def check_carried(name: str, entry: dict) -> None:
    """Checks that the copies in the repository are the files they are copies of."""
    for file, expected in entry.get("carried", {}).items():
        original = DATA / name / expected["unpacked"]
        if not matches(HERE / file, expected["sha256"]) or gzip.decompress((HERE / file).read_bytes()) != original.read_bytes():
            raise FetchError(f"{HERE / file} is no longer {original} packed; make it anew with `gzip -9n` and mend the manifest")


def produce(name: str, artefact: Path, target: Path) -> None:
    """Converts into a directory beside the target and renames it, so that a target is never half-written."""
    # Imported here, so that --list needs none of the libraries.
    from convert import CONVERTERS

    with tempfile.TemporaryDirectory(dir=DATA, prefix=f".{name}-") as scratch:
        made = Path(scratch) / name
        made.mkdir()
        CONVERTERS[name](artefact, made)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)


def matches(path: Path, expected: str) -> bool:
    return path.exists() and sha256(path) == expected


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
