"""Uplinks of many devices, as a server gives them in one answer, and their batches."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
import math
import re
from typing import Any, Final

from ..model import Batch, Device, Sent

NO_SESSION: Final = "-"
"""The device has not sent; or has, but nothing tells of sessions."""
UNSEEN: Final = "?"
"""The cursor of a device of which nothing was read yet."""
SILENT: Final = 50
"""Devices in a poll whose newest uplinks are looked for one by one."""
_DEV_EUI: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_FRACTION: Final = re.compile(r"(\.\d{6})\d+")


def batches(
    sent: Iterable[Sent],
    devices: Mapping[str, Device],
    sessions: Mapping[str, str],
) -> Iterator[Batch]:
    """Group uplinks by device and session, with what the registry tells of the devices.

    `sessions` are those of the newest uplinks before, by DevEUI.
    """
    in_order = sorted(sent, key=lambda each: (each.device.dev_eui, each.uplink.received_at))
    for dev_eui, of_device in groupby(in_order, key=lambda each: each.device.dev_eui):
        last = sessions.get(dev_eui, NO_SESSION)
        for session, group in groupby(of_device, key=lambda each: each.session):
            found = list(group)
            yield Batch(
                device=devices.get(dev_eui, found[0].device),
                uplinks=tuple(each.uplink for each in found),
                joined=last not in {session, NO_SESSION},
            )
            last = session


def is_dev_eui(text: str) -> bool:
    """Tell whether a text can identify a device."""
    return _DEV_EUI.fullmatch(text) is not None


def whole(value: object, most: int) -> int:
    """Read a counter; raises `ValueError`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        msg = "a counter is no number"
        raise ValueError(msg)
    return value


def mapping(value: object) -> Mapping[str, Any]:
    """Read an object; raises `ValueError`."""
    if not isinstance(value, dict):
        msg = "an object is missing"
        raise ValueError(msg)  # noqa: TRY004  # whatever is wrong with it, it cannot be read
    return value


def texts(value: object) -> dict[str, str]:
    """Give the texts among the values of an object; nothing for anything else."""
    found = value.items() if isinstance(value, dict) else ()
    return {str(name): text for name, text in found if isinstance(text, str)}


def noted(value: object) -> dict[str, str]:
    """Read tags that are single words, in a list or with commas between, such as `site=Paris`."""
    words = value.split(",") if isinstance(value, str) else value
    pairs = (str(word).partition("=") for word in (words if isinstance(words, list) else ()))
    return {name.strip(): text.strip() for name, equals, text in pairs if equals}


def moment(value: object) -> datetime:
    """Read a time, in UTC where it names no zone, without digits that Python does not keep.

    Raises `ValueError`.
    """
    at = datetime.fromisoformat(_FRACTION.sub(r"\1", str(value)))
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        msg = "a time before or after all years"
        raise ValueError(msg) from None


def best_signal(
    receptions: object, rssi: str = "rssi", snr: str = "snr"
) -> tuple[float | None, float | None]:
    """Give RSSI and SNR of the gateway that heard the uplink best, by the names of both."""
    heard = [
        (strength, ratio)
        for reception in (receptions if isinstance(receptions, list) else ())
        if isinstance(reception, dict)
        and (strength := number(reception.get(rssi))) is not None
        and (ratio := number(reception.get(snr, 0))) is not None
    ]
    return max(heard, default=(None, None))


def number(value: object) -> float | None:
    """Give a number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None
