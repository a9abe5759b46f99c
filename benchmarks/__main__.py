"""Run the measurements: `python -m benchmarks [NAME…] [--json]`."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
import json
from pkgutil import iter_modules
import sys

import benchmarks

type Figures = Mapping[str, float]
type Measure = Callable[[], Awaitable[Figures]]


def _measures() -> dict[str, Measure]:
    """Find every module that has a function `measure`."""
    import_module("tests.phacc_compat")  # lets the test harness load, whose core is measured
    modules = (
        import_module(f"benchmarks.{module.name}")
        for module in iter_modules(benchmarks.__path__)
        if not module.name.startswith("_")
    )
    return {
        module.__name__.rpartition(".")[2]: module.measure
        for module in modules
        if hasattr(module, "measure")
    }


def main() -> None:
    """Measure, and print a table or JSON."""
    measures = _measures()
    parser = argparse.ArgumentParser(prog="scripts/bench", description=benchmarks.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(measures)}")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - measures.keys()
    if unknown:
        parser.error(f"there is no measurement {', '.join(sorted(unknown))}")
    results: dict[str, Figures] = {}
    for name in chosen.names or measures:
        print(f"… {name}", file=sys.stderr)  # noqa: T201  # this is a command
        results[name] = asyncio.run(measures[name]())
    print(json.dumps(results, indent=2) if chosen.json else _table(results))  # noqa: T201  # command


def _table(results: Mapping[str, Figures]) -> str:
    lines = []
    for name, figures in results.items():
        lines.append(name)
        width = max(map(len, figures))
        lines += [f"  {figure:<{width}}  {value:>12,.4g}" for figure, value in figures.items()]
    return "\n".join(lines)


main()
