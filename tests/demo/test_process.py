"""Programs that the demo starts end with it."""

import asyncio
from contextlib import nullcontext
from pathlib import Path
import sys

import pytest

from demo.process import InVainError, program, tail, wait_until

PARENT = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
child.wait()
"""


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def _pid_in(log: Path) -> int:
    async def attempt() -> int | str:
        text = tail(log)
        return int(text) if text else "nothing told yet"

    return await wait_until("the program tells its child", attempt, 20)


@pytest.mark.parametrize("failure", [None, RuntimeError("boom")])
async def test_the_whole_group_ends_whatever_happens(
    failure: Exception | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a parent that will not end, and the child that it started."""
    monkeypatch.setattr("demo.process.STOP_LIMIT", 0.2)
    log = tmp_path / "log"
    pids = []

    async def run() -> None:
        async with program((sys.executable, "-c", PARENT), log) as process:
            pids.extend([process.pid, await _pid_in(log)])
            assert all(_is_alive(pid) for pid in pids)
            if failure:
                raise failure

    with pytest.raises(RuntimeError) if failure else nullcontext():
        await run()

    async def ended() -> str | None:
        return "still alive" if any(_is_alive(pid) for pid in pids) else None

    await wait_until("they end", ended, 20)
    assert len(pids) == 2


async def test_waiting_in_vain_says_what_is_missing() -> None:
    """The last reason is told."""

    async def never() -> str | None:
        await asyncio.sleep(0)
        return "no bus"

    with pytest.raises(InVainError, match=r"the bus comes.*no bus"):
        await wait_until("the bus comes", never, 0)


def test_the_end_of_a_log(tmp_path: Path) -> None:
    """A log that does not exist has none."""
    log = tmp_path / "log"
    assert not tail(log)
    log.write_text("a\nb\nc\n", encoding="utf-8")
    assert tail(log, 2) == "b\nc"
