"""Claims told one by one, with what speaks against each."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from . import check
from .home_assistant import HomeAssistant
from .process import InVainError, wait_until

SHOWN: Final = 12
POLL_LIMIT: Final = 300.0
"""Seconds; a poll that reads the history of devices anew takes its time."""


class Report:
    """Says claim by claim whether it holds."""

    def __init__(self) -> None:
        """Begin with nothing refuted."""
        self.holds = True

    def tell(self, claim: str, complaints: Sequence[str]) -> None:
        """Print a claim, and what speaks against it."""
        print(f"{'✘' if complaints else '✔'} {claim}", flush=True)  # noqa: T201  for this it is there
        for complaint in complaints[:SHOWN]:
            print(f"    {complaint}", flush=True)  # noqa: T201  as above
        if len(complaints) > SHOWN:
            print(f"    … and {len(complaints) - SHOWN} more", flush=True)  # noqa: T201  as above
        self.holds = self.holds and not complaints


class Log:
    """A log that is read piece by piece."""

    def __init__(self, path: Path) -> None:
        """Begin where the log begins."""
        self.path = path
        self._read = 0

    def complaints(self) -> list[str]:
        """Give the complaints that came since the last time."""
        log = self.path.read_text(encoding="utf-8", errors="replace")
        begin, self._read = self._read, len(log)
        return check.log_complaints(log[begin:])


async def tell_quiet(report: Report, hass: HomeAssistant, log: Log) -> None:
    """Expect that nothing of ours complained since the last time, nor asks for anything.

    What asks for repair is told when a poll ends, which may still be under way.
    """
    report.tell("Home Assistant's log holds no warning and no error of ours", log.complaints())
    asking: list[str] = []

    async def attempt() -> str | None:
        asking[:] = check.repairs((await hass.command("repairs/list_issues"))["issues"])
        return f"{len(asking)} repairs are asked for" if asking else None

    with suppress(InVainError):
        await wait_until("nothing asks for repair", attempt, POLL_LIMIT)
    report.tell("Nothing of ours asks for repair", asking)
