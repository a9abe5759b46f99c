"""The repository stands alone: it names no machine and needs no place of its own."""

from os import walk
from pathlib import Path
import re

import pytest

from .source import ROOT

LEFT_OUT = {"__pycache__", "node_modules", "LICENSE"}
HIDDEN_KEPT = {".ci", ".github", ".gitignore"}

ALIEN = re.compile(
    r"""
    (?<![\w.:/-])/(?:root|work|home|Users)/\w  # a folder of somebody's machine
    | [A-Z]:\\Users
    | https?://(?![\w.-]*\.example/)[\w.-]+/(?:simple|debian|ubuntu|packages)\b  # an index
    | --(?:extra-)?index(?:-url)?\b
    """,
    re.VERBOSE,
)


def files() -> list[Path]:
    """Give the text files that are part of the repository."""
    found = []
    for folder, folders, names in walk(ROOT):
        folders[:] = [n for n in folders if n not in LEFT_OUT and (n[0] != "." or n in HIDDEN_KEPT)]
        found += [
            Path(folder, name)
            for name in names
            if name not in LEFT_OUT
            and (name[0] != "." or name in HIDDEN_KEPT)
            and not name.endswith((".png", ".pyc", ".gif", ".jpg", ".zip"))
        ]
    return sorted(found)


@pytest.mark.parametrize("folder", sorted({path.relative_to(ROOT).parts[0] for path in files()}))
def test_no_machine_is_named(folder: str) -> None:
    """No path and no package host of a single machine."""
    here = Path(__file__)
    alien = {
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in files()
        if path.relative_to(ROOT).parts[0] == folder and path != here
        for found in ALIEN.finditer(path.read_text("utf-8"))
    }
    assert not alien


@pytest.mark.parametrize(
    ("text", "is_alien"),
    [
        ('open("/home/me/x")', True),
        ("cd /root/main", True),
        ("https://index.town.de/simple", True),
        ("--extra-index-url=x", True),
        ("https://www.home-assistant.io/home/about", False),
        ("a/home/b", False),
    ],
)
def test_machines_are_recognised(text: str, *, is_alien: bool) -> None:
    """The pattern above finds what it is for."""
    assert bool(ALIEN.search(text)) is is_alien
