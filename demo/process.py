"""Start programs in process groups of their own, and stop them whatever happens."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
import os
from pathlib import Path
import signal
import socket
import sys
from time import monotonic
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
STOP_LIMIT: Final = 30.0
"""Seconds that a program has to end by itself."""
PULSE: Final = 10.0
"""Seconds between two signs of life of a long step."""
INTERVAL: Final = 0.25

_BEGAN: Final = monotonic()


class DemoError(Exception):
    """The demo cannot go on; the text says why, for people."""


class InVainError(DemoError):
    """What was waited for did not come about."""


def say(text: str) -> None:
    """Tell what happens, with the seconds since the start."""
    sys.stderr.write(f"[{monotonic() - _BEGAN:3.0f} s] {text}\n")
    sys.stderr.flush()


async def wait_until[T](what: str, attempt: Callable[[], Awaitable[T | str]], limit: float) -> T:
    """Repeat an attempt until it gives something else than a text, which says what is missing."""
    began = told = monotonic()
    while isinstance(result := await attempt(), str):
        now = monotonic()
        if now - began > limit:
            message = f"Waited {limit:.0f} s in vain: {what}. Missing at the end: {result}"
            raise InVainError(message)
        if now - told > PULSE:
            say(f"  … {what}: {result}")
            told = now
        await asyncio.sleep(INTERVAL)
    return result


def free_port(wanted: int | None, usual: int) -> int:
    """Give the wanted port if it is free; if none is wanted, the usual one or any."""
    for port in (usual, 0) if wanted is None else (wanted,):
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    message = f"Port {wanted} is in use. Choose another one with --port."
    raise DemoError(message)


def tail(path: Path, lines: int = 40) -> str:
    """Give the last lines of a log."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


@asynccontextmanager
async def program(
    command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None
) -> AsyncGenerator[Process]:
    """Run a program in the repository, with its output appended to a log."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(env or {})},
            start_new_session=True,  # Ctrl-C is for us; we stop the others in order
        )
    try:
        yield process
    finally:
        await stop(process)


async def stop(process: Process) -> None:
    """Ask a program's whole process group to end; make it, if it does not."""
    try:
        _signal(process, signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_LIMIT)
    finally:
        # Also when we are told to hurry, and for children that outlived their parent.
        kill(process)
    await process.wait()


def kill(process: Process) -> None:
    """End a program's whole process group as a failure of the power would."""
    _signal(process, signal.SIGKILL)


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
