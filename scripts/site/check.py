"""Follows every link in a site: to other pages, to places in pages, to files.

    check.py DIRECTORY        prints how many there are, fails where one leads nowhere
"""

import os
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of a page, and the places that links may lead to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.places.add(value)


def main() -> None:
    root = Path(sys.argv[1])
    # Both are made of the other pages, and lie elsewhere than they think.
    pages = {path: Page(path) for path in sorted(root.rglob("*.html")) if path.name not in ("print.html", "404.html")}
    count, faults = 0, []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            count += 1
            target = Path(os.path.normpath(path.parent / unquote(parts.path))) if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                faults.append(f"{path.relative_to(root)}: {link} leads to no file")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
                faults.append(f"{path.relative_to(root)}: {link} leads to no place in {target.relative_to(root)}")
    if faults:
        sys.exit("\n".join(faults))
    print(f"{count} links of {len(pages)} pages lead somewhere")


if __name__ == "__main__":
    main()
