"""Run the demo, or prove by it that everything works: `python -m demo [--check]`."""

from argparse import ArgumentParser, Namespace
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
import os
from pathlib import Path
import secrets
import shutil
import signal
import sys
from typing import Final

from aiohttp import ClientError, ClientSession

from simulator.servers import CHIRPSTACK, names

from . import proof, show
from .home_assistant import Installation
from .kills import Kills
from .process import ROOT, DemoError, free_port, say, tail

RUNS: Final = ROOT / ".demo"
USUAL_PORT: Final = 8123
CHECK_LIMIT: Final = 1500.0
"""Seconds that all proofs may take together, before something must be stuck."""
KILL_LIMIT: Final = 90.0
"""Seconds more for each kill."""
INTERRUPTED: Final = 130


def arguments() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(prog="scripts/demo", description="A simulated town in Home Assistant.")
    parser.add_argument("--check", action="store_true", help="prove that everything works, and end")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="use this new folder for all files and keep it"
    )
    parser.add_argument(
        "--server", choices=names(), default=CHIRPSTACK, help="kind of network server"
    )
    parser.add_argument("--port", type=int, metavar="N", help="port of Home Assistant")
    parser.add_argument(
        "--kills", type=int, default=0, metavar="N", help="with --check: kill it N times as well"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=secrets.randbelow(1_000_000),
        metavar="N",
        help="when it is killed; without: at other moments each time",
    )
    chosen = parser.parse_args()
    if chosen.kills < 0 or (chosen.kills and not chosen.check):
        parser.error("--kills goes with --check, and with a number above 0")
    return chosen


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def folder(keep: Path | None) -> Iterator[Path]:
    """Give a fresh folder; it goes when all went well, or with the next start."""
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            message = f"{keep} is not empty. Name a folder that is new."
            raise DemoError(message)
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    for old in RUNS.glob("run-*"):
        if not _is_alive(int(old.name.removeprefix("run-"))):
            shutil.rmtree(old, ignore_errors=True)  # another demo may be at it
    fresh = RUNS / f"run-{os.getpid()}"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    yield fresh
    shutil.rmtree(fresh)


async def run(options: Namespace, path: Path) -> None:
    """Run what is asked for until it ends, or until a signal ends it."""
    port = free_port(options.port, 0 if options.check else USUAL_PORT)
    installation = Installation(path, port, password=f"bernau-{secrets.token_hex(3)}")
    installation.prepare()
    work = asyncio.create_task(
        _check(installation, Kills(options.kills, options.seed), options.server)
        if options.check
        else _show(installation, options.server)
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    await work


async def _show(installation: Installation, server: str) -> None:
    # An interruption is how it is meant to end.
    with suppress(asyncio.CancelledError):
        async with ClientSession() as session:
            await show.show(session, installation, server)
    say("Everything that was started is stopped.")


async def _check(installation: Installation, kills: Kills, server: str) -> None:
    limit = CHECK_LIMIT + kills.count * KILL_LIMIT
    try:
        async with asyncio.timeout(limit), ClientSession() as session:
            await proof.prove(session, installation, kills, server)
    except TimeoutError as error:
        log = tail(installation.log)
        message = f"The check did not end within {limit:.0f} s. The end of the log:\n{log}"
        raise DemoError(message) from error


def main() -> int:
    """Run the demo and give the exit status."""
    options = arguments()
    try:
        with folder(options.keep) as path:
            asyncio.run(run(options, path))
    except DemoError as error:
        say(str(error))
        return 1
    except ClientError as error:
        say(f"A program that was started does not answer any more: {error!r}")
        return 1
    except asyncio.CancelledError:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
