"""Lists of ZENNER ELEMENT IoT, page by page, and how far each was read.

Source: docs.element-iot.com (API): `sort`, `sort_direction`, `retrieve_after`.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

from ..model import NetworkError, Reason
from ._http import Http, NotFoundError
from ._sent import moment

PAGE: Final = 100
"""Rows of a page; the server gives no more."""
PAGES: Final = 40
"""Pages of older rows in one poll."""
PATIENCE: Final = 8.0
"""Seconds after which the rest of them is left to the next poll, as what is new must not wait."""
DAY: Final = timedelta(days=1)
RETAINED: Final = timedelta(days=31)
"""How far back history is read; the server may keep more."""
OVERLAP: Final = timedelta(seconds=10)
"""A row can appear behind one that was stored a moment later."""

type Row = dict[str, Any]
type Rows = list[Row]


@dataclass(frozen=True, slots=True)
class Position:
    """How far a list was read, by ids of its rows."""

    newest: str = ""
    """After it the next poll begins: a little before the end, where rows can still appear."""
    oldest: str | None = ""
    """None: everything older was read."""


async def pages(http: Http, path: str, direction: str, after: str = "") -> AsyncGenerator[Rows]:
    """Give page after page; none is empty."""
    while True:
        params: dict[str, str | int] = {
            "limit": PAGE,
            "sort": "inserted_at",
            "sort_direction": direction,
        }
        if after:
            params["retrieve_after"] = after
        found = (await http.get(f"/api/v1{path}", params)).object().get("body")
        if not isinstance(found, list):
            raise NetworkError(Reason.NOT_THIS_SERVER, "there is no list in the answer")
        rows = [row for row in found if isinstance(row, dict) and row.get("id")]
        if rows:
            yield rows
        if len(found) < PAGE or not rows:
            return
        after = str(rows[-1]["id"])


async def unread(
    http: Http, path: str, position: Position, now: datetime
) -> AsyncGenerator[tuple[Rows, Position]]:
    """Give pages of what is new, then of what is older, each with where it leads to."""
    if position.newest:
        async with aclosing(pages(http, path, "asc", position.newest)) as found:
            async for rows in found:
                last = (
                    _settled(reversed(rows), stored(rows[-1], now))
                    if len(rows) < PAGE
                    else rows[-1]
                )
                position = Position(str(last["id"]) if last else position.newest, position.oldest)
                yield rows, position
    if position.oldest is None:
        return
    try:
        async with aclosing(_older(http, path, position, now)) as found:
            async for each in found:
                yield each
    except NotFoundError:
        if not position.oldest:
            raise
        # What was read last is no longer kept, so nothing older is.
        yield [], replace(position, oldest=None)


async def _older(
    http: Http, path: str, position: Position, now: datetime
) -> AsyncGenerator[tuple[Rows, Position]]:
    """Give pages backward: at first those of a day, then so many in each poll."""
    goal = now - (RETAINED if position.newest else DAY)
    count = 0
    begin = monotonic()
    async with aclosing(pages(http, path, "desc", position.oldest or "")) as found:
        async for rows in found:
            count += 1
            oldest = stored(rows[-1], now)
            done = len(rows) < PAGE or oldest < now - RETAINED
            newest = position.newest or _begin(rows, now)
            position = Position(newest, None if done else str(rows[-1]["id"]))
            yield rows, position
            if done or count == PAGES or oldest < goal or monotonic() - begin > PATIENCE:
                return
    if position.oldest:
        yield [], replace(position, oldest=None)


async def history(http: Http, path: str, since: datetime, now: datetime) -> AsyncGenerator[Rows]:
    """Give what was stored since a time, and perhaps some more, newest first."""
    async with aclosing(pages(http, path, "desc")) as found:
        async for rows in found:
            yield rows
            if stored(rows[-1], now) < since:
                return


def _begin(rows: Rows, now: datetime) -> str:
    """Give after which row of the newest ones the next poll begins."""
    found = _settled(rows, stored(rows[0], now))
    return str((found or rows[-1])["id"])


def _settled(rows: Iterable[Row], newest: datetime) -> Row | None:
    """Give the first of rows, newest first, before which none can appear any more."""
    return next((row for row in rows if stored(row, newest) <= newest - OVERLAP), None)


def stored(row: Mapping[str, Any], now: datetime) -> datetime:
    """Give when a row was stored; one that does not tell ends nothing."""
    try:
        return moment(row.get("inserted_at"))
    except ValueError:
        return now
