"""The proof of visitor analytics finds what is wrong, and lets counters err as counters do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.people import Shown, begin_of, judged

NOW = datetime(2026, 11, 23, 13, 7, tzinfo=UTC)
AS_OF = datetime(2026, 11, 23, 13, tzinfo=UTC)


def market(entered: int, left: int, present: int) -> dict[str, Any]:
    """Tell the truth of a zone."""
    zone = {"zone": "Markt", "entered": entered, "left": left, "present": present}
    return {"zones": [{**zone, "zone": "Park", "present": 0}, zone]}


TRUTHS = {AS_OF: (market(1000, 900, 100), market(40, 20, 100))}


@pytest.mark.parametrize(
    ("found", "key", "complaint"),
    [
        (Shown(100.0, AS_OF), "present", None),
        (Shown(140.0, AS_OF), "present", None),  # 15 + 1 % of 1000 + a quarter of 60
        (Shown(60.0, AS_OF), "present", None),
        (Shown(141.0, AS_OF), "present", "is told as 141.0, truly 100 ± 40"),
        (Shown(59.0, AS_OF), "present", "is told as 59.0"),
        (Shown(955.0, AS_OF), "entered", None),  # 15 + 3 % of 1000
        (Shown(954.0, AS_OF), "entered", "is told as 954.0, truly 1000 ± 45"),
        ("is unknown: silent", "present", "is unknown: silent"),
        (Shown("many", AS_OF), "present", "is told as many"),
        (Shown(100.0, AS_OF - timedelta(hours=1)), "present", "is of"),
    ],
)
def test_who_is_in_a_zone(found: Shown | str, key: str, complaint: str | None) -> None:
    """As truly, within what is stated; told now, and told at all."""
    complaints = judged("Markt", found, TRUTHS, NOW, key)
    assert bool(complaints) == (complaint is not None)
    assert complaint is None or complaint in complaints[0]


@pytest.mark.parametrize(
    ("at", "hour", "begin"),
    [
        ("2026-11-23T13:00+00:00", 3, "2026-11-23T02:00+00:00"),
        ("2026-11-23T01:59+00:00", 3, "2026-11-22T02:00+00:00"),
        ("2026-11-23T02:00+00:00", 3, "2026-11-23T02:00+00:00"),
        ("2026-11-22T23:00+00:00", 0, "2026-11-22T23:00+00:00"),
        ("2026-10-25T12:00+00:00", 0, "2026-10-24T22:00+00:00"),
    ],
)
def test_days_begin_by_local_time(at: str, hour: int, begin: str) -> None:
    """Also on the day on which the clock changes."""
    assert begin_of(datetime.fromisoformat(at), hour) == datetime.fromisoformat(begin)
