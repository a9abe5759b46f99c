"""Run the measurements: `python -m benchmarks [NAME…] [--json]`."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from inspect import signature
import json
from pathlib import Path
from pkgutil import iter_modules
import sys
from textwrap import indent

import benchmarks

from ._options import Options
from ._subjects import SUBJECTS

type Figures = Mapping[str, float]
type Measure = Callable[..., Awaitable[Figures]]
"""May take the options."""
type Table = Callable[[Figures], str]


def _measures() -> dict[str, tuple[Measure, Table]]:
    """Find every module that has a function `measure`; it may have a `table` of its own."""
    import_module("tests.phacc_compat")  # lets the test harness load, whose core is measured
    modules = (
        import_module(f"benchmarks.{module.name}")
        for module in iter_modules(benchmarks.__path__)
        if not module.name.startswith("_")
    )
    return {
        module.__name__.rpartition(".")[2]: (module.measure, getattr(module, "table", _table))
        for module in modules
        if hasattr(module, "measure")
    }


def main() -> None:
    """Measure, and print a table or JSON."""
    measures = _measures()
    parser = argparse.ArgumentParser(prog="scripts/bench", description=benchmarks.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(measures)}")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--file", type=Path, help="write JSON there, beside the tables")
    usual = Options()
    own = parser.add_argument_group("of the measurement `beside`")
    own.add_argument(
        "--devices", type=int, nargs="+", default=usual.devices, metavar="N", help="%(default)s"
    )
    own.add_argument("--runs", type=int, default=usual.runs, metavar="N", help="%(default)s")
    own.add_argument(
        "--interval",
        type=float,
        default=usual.interval,
        metavar="SECONDS",
        help="between two uplinks of a device; %(default)s",
    )
    own.add_argument(
        "--subjects",
        nargs="+",
        choices=SUBJECTS,
        default=usual.subjects,
        help="what is measured beside the floor; %(default)s",
    )
    chosen = parser.parse_args()
    options = Options(
        devices=tuple(chosen.devices),
        runs=chosen.runs,
        interval=chosen.interval,
        subjects=tuple(chosen.subjects),
    )
    unknown = set(chosen.names) - measures.keys()
    if unknown:
        parser.error(f"there is no measurement {', '.join(sorted(unknown))}")
    results: dict[str, Figures] = {}
    for name in chosen.names or measures:
        print(f"… {name}", file=sys.stderr)  # noqa: T201  # this is a command
        measure, table = measures[name]
        results[name] = asyncio.run(
            measure(options) if signature(measure).parameters else measure()
        )
        if not chosen.json:
            print(f"{name}\n{indent(table(results[name]), '  ')}")  # noqa: T201  # command
    if chosen.file:
        chosen.file.write_text(json.dumps(results, indent=2), encoding="utf-8")
    if chosen.json:
        print(json.dumps(results, indent=2))  # noqa: T201  # command


def _table(figures: Figures) -> str:
    width = max(map(len, figures))
    return "\n".join(f"{figure:<{width}}  {value:>12,.4g}" for figure, value in figures.items())


main()
