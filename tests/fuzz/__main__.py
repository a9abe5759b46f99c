"""Search for messages that a decoder cannot stand, guided by the code that they reach.

Each target is searched by libFuzzer (Atheris) in a process of its own, with a
fixed number of inputs and a fixed seed: the same code, the same result. What is
found is printed as a vector: the test that keeps it from coming back.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from functools import partial
from importlib import import_module
from io import StringIO
import json
import os
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from traceback import format_exc
from typing import TYPE_CHECKING, NoReturn

import atheris

from tests.fuzz import pure
from tests.fuzz.work import Work

if TYPE_CHECKING:
    from tests.fuzz.targets import Target

_LONGEST = 512
"""Bytes of an input; LoRaWAN allows half of that."""
_FOUND = 77
"""What the child says when it found something."""
_LAST_WORDS = 2_000
"""Characters of what libFuzzer printed before it broke down."""


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="NAME", help="key of a codec; all if none")
    parser.add_argument("--list", action="store_true", help="list the targets")
    parser.add_argument(
        "--runs", type=int, default=20_000, metavar="N", help="inputs for each target (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another search")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Search all targets; 1 if something was found."""
    asked = _arguments().parse_args(arguments)
    pure.stand_in()
    with redirect_stderr(StringIO()), atheris.instrument_imports(include=["custom_components"]):
        targets = import_module("tests.fuzz.targets").TARGETS
    if unknown := set(asked.targets) - set(targets):
        _say(f"There is no target {', '.join(sorted(unknown))}; --list names them.")
        return 2
    names = asked.targets or list(targets)
    if asked.list:
        _say(*names)
        return 0
    found = sum(_is_found(targets[name], asked.runs, asked.seed) for name in names)
    _say(f"{len(names)} targets, {asked.runs} inputs each: {found or 'nothing'} found")
    return int(found > 0)


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _is_found(target: Target, runs: int, seed: int) -> bool:
    """Search one target in a child, and print what was found."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        corpus = place / "corpus"
        corpus.mkdir()
        for number, data in enumerate(target.seeds):
            (corpus / str(number)).write_bytes(data)
        sys.stdout.flush()
        if (child := os.fork()) == 0:
            _search(target, place, runs, seed)
        _, status = os.waitpid(child, 0)
        if status:
            _say(f"{target.name}:", *_findings(target, place))
        return status != 0


def _search(target: Target, place: Path, runs: int, seed: int) -> NoReturn:
    """Become libFuzzer, which ends the process."""
    from tests.fuzz.targets import limit  # noqa: PLC0415  # imported instrumented by now

    log = os.open(place / "log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    with Work() as work:

        def one(data: bytes) -> None:
            try:
                work.of(partial(target.run, data), limit(data))
            except Exception:  # noqa: BLE001  # whatever it is, it is what was looked for
                (place / "input").write_bytes(data)
                (place / "error").write_text(format_exc())
                # Not by an exception: that would empty the folder.
                os._exit(_FOUND)

        numbers = (f"-runs={runs}", f"-seed={seed}", f"-max_len={_LONGEST}", "-len_control=0")
        # Values count that come nearer to those that the code compares with.
        atheris.Setup(["fuzz", *numbers, "-use_value_profile=1", f"{place}/corpus"], one)
        atheris.Fuzz()
    os._exit(_FOUND)


def _findings(target: Target, place: Path) -> Iterator[str]:
    """Give the error, and the input as a vector."""
    if not (place / "input").exists():
        yield (place / "log").read_text(errors="replace")[-_LAST_WORDS:]
        return
    yield (place / "error").read_text()
    yield json.dumps(target.vector((place / "input").read_bytes()), ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
