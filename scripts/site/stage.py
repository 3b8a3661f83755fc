"""Copies the pages of docs/SUMMARY.md, and the files that they lead to, to where mdBook makes a site of them.

    stage.py DIRECTORY MADE        run in the root of the repository

Pages lie in the repository where readers of the code look for them, so that a site cannot be made of docs/ alone. Decisions and runs of
benchmarks that a page leads to need not be listed: they come beneath the page about them all. A link to a directory becomes its text, as a site
has nothing to show for it. MADE has files that are made for the site and lie in it as they would in the repository: the reports of docs/GALLERY.md.
A link to another page that the summary lacks, or to nothing, is an error.
"""

import os
import re
import shutil
import sys
from pathlib import Path

SUMMARY = Path("docs/SUMMARY.md")
# Directories of pages that need not be listed, and the page that they come beneath.
GATHERED = {Path("docs/decisions"): Path("docs/decisions/README.md"), Path("benches/runs"): Path("docs/BENCHMARKS.md")}
# Links, but not those in code: what lies between backquotes is matched first and kept.
LINK = re.compile(r"(?P<code>```.*?```|`[^`\n]*`)|(?P<text>!?\[(?:[^\[\]]|\[[^\[\]]*\])*\])\((?P<target>[^()\s]+)\)", re.DOTALL)


def resolved(page: Path, target: str) -> Path:
    return Path(os.path.normpath(page.parent / target))


def is_elsewhere(target: str) -> bool:
    return target.startswith("#") or re.match(r"[a-z]+:", target) is not None


def chapters_of(text: str) -> list[Path]:
    """The pages that a part of the summary lists."""
    return [resolved(SUMMARY, match["target"]) for match in LINK.finditer(text) if match["target"]]


def placed(page: Path) -> Path:
    """Where a page lies in the site: mdBook makes an index of README.md, but lets links lead to where it was."""
    return page.with_name("index.md") if page.name == "README.md" else page


def gathering(page: Path) -> Path | None:
    """The page that an unlisted one comes beneath."""
    return next((above for directory, above in GATHERED.items() if directory in page.parents), None)


def title(page: Path) -> str:
    return next(line for line in page.read_text().splitlines() if line.startswith("# "))[2:].replace("`", "")


class Stage:
    """Pages and files in a directory for mdBook."""

    def __init__(self, directory: Path, made: Path) -> None:
        self.made = made
        self.source, self.pages, self.faults = directory / "src", chapters_of(SUMMARY.read_text()), []
        self.gathered: dict[Path, list[Path]] = {}
        shutil.copy("docs/book.toml", directory / "book.toml")

    def page(self, page: Path) -> None:
        self.write(page, LINK.sub(lambda match: self.link(page, match), page.read_text()))

    def link(self, page: Path, match: re.Match) -> str:
        target = match["target"]
        if target is None or is_elsewhere(target):
            return match[0]
        path, _, anchor = target.partition("#")
        file = resolved(page, path)
        if file.is_dir():
            return match["text"][1:-1]
        if (self.made / file).is_file():
            self.copy(self.made / file, file)
        elif not file.is_file():
            self.faults.append(f"{page}: {target}: there is no such file")
        elif file.suffix != ".md":
            self.copy(file, file)
        elif file not in self.pages and (above := gathering(file)):
            self.pages.append(file)
            self.gathered.setdefault(above, []).append(file)
        elif file not in self.pages:
            self.faults.append(f"{page}: {target}: {SUMMARY} does not list this page")
        leads = os.path.relpath(placed(file), page.parent) + ("#" + anchor if anchor else "")
        return f"{match['text']}({leads})"

    def copy(self, file: Path, place: Path) -> None:
        (self.source / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, self.source / place)

    def summary(self) -> None:
        def from_root(match: re.Match) -> str:
            return f"{match['text']}({placed(resolved(SUMMARY, match['target']))})" if match["target"] else match[0]

        lines = []
        for line in SUMMARY.read_text().splitlines():
            lines.append(LINK.sub(from_root, line))
            for page in chapters_of(line):
                indent = " " * (len(line) - len(line.lstrip()) + 2)
                lines += [f"{indent}- [{title(beneath)}]({placed(beneath)})" for beneath in sorted(self.gathered.get(page, []))]
        self.write(Path("SUMMARY.md"), "\n".join(lines) + "\n")

    def write(self, path: Path, text: str) -> None:
        place = self.source / placed(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def main() -> None:
    stage = Stage(Path(sys.argv[1]), Path(sys.argv[2]))
    # Grows while pages are read.
    for page in stage.pages:
        stage.page(page)
    stage.summary()
    missing = {page for page in Path("docs").rglob("*.md") if page != SUMMARY} - set(stage.pages)
    stage.faults += [f"{page}: {SUMMARY} does not list this page" for page in sorted(missing)]
    if stage.faults:
        sys.exit("\n".join(sorted(set(stage.faults))))


if __name__ == "__main__":
    main()
