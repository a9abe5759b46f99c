"""Counts what the interpreter does: a measure of work that nothing else disturbs."""

from collections.abc import Callable
from contextlib import suppress
import sys
from types import TracebackType
from typing import Self

_TOOL = 4
"""Neither debugger, coverage nor profiler."""
_EVENTS = sys.monitoring.events
_COUNTED = (_EVENTS.LINE, _EVENTS.JUMP, _EVENTS.PY_START, _EVENTS.PY_RESUME)
"""Lines, rounds of loops within one, and calls."""
_AT_FIRST = 20
"""How many times the work that is allowed may be done once."""


class TooMuchWorkError(AssertionError):
    """A function did more than it may."""


class Work:
    """Counts while it is open."""

    def __init__(self) -> None:
        """Prepare."""
        self._left = 0
        self._is_counting = False

    def __enter__(self) -> Self:
        """Have the interpreter tell what it does."""
        sys.monitoring.use_tool_id(_TOOL, "work")
        for event in _COUNTED:
            sys.monitoring.register_callback(_TOOL, event, self._tick)
        sys.monitoring.set_events(_TOOL, sum(_COUNTED))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the interpreter alone."""
        sys.monitoring.set_events(_TOOL, _EVENTS.NO_EVENTS)
        for event in _COUNTED:
            sys.monitoring.register_callback(_TOOL, event, None)
        sys.monitoring.free_tool_id(_TOOL)

    def of(self, function: Callable[[], object], limit: int) -> int:
        """Give the steps that a function takes; stop it when it takes more than it may.

        What the interpreter does but once, like compiling a format of dates, is not counted.
        """
        try:
            return self._count(function, limit)
        except TooMuchWorkError:
            with suppress(TooMuchWorkError):
                self._count(function, limit * _AT_FIRST)
            return self._count(function, limit)

    def _count(self, function: Callable[[], object], limit: int) -> int:
        self._left = limit
        self._is_counting = True
        try:
            function()
        finally:
            self._is_counting = False
        return limit - self._left

    def _tick(self, *_: object) -> None:
        if self._is_counting:
            self._left -= 1
            if self._left < 0:
                self._is_counting = False
                raise TooMuchWorkError
