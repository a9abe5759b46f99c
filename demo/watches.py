"""Proofs about what is wrong in the town: the slow leak, the silent meter, and nothing else."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from .check import SILENT_ISSUE, Picture
from .town import Device

WATCHES: Final = ("base_load_high", "leak_suspected", "standstill_suspected", "unusual_day")
SURELY: Final = timedelta(days=1)
"""A device of this town that was not heard for so long is silent."""
PERHAPS: Final = timedelta(hours=3)
"""One that was heard since then is not."""


def found(
    devices: Iterable[Device], picture: Picture, suffix: str, state: str = "on"
) -> list[Device]:
    """Give the devices of which a problem sensor is on, or shows something else."""
    return [
        device
        for device in devices
        for unique_id, entity in picture.entities.items()
        if unique_id.startswith(f"{picture.entry_id}_{device.dev_eui}_")
        and unique_id.endswith(suffix)
        and _state(picture, entity) == state
    ]


def judged(picture: Picture, suffix: str) -> int:
    """Count the sensors that can tell."""
    return sum(
        _state(picture, entity) in {"on", "off"}
        for unique_id, entity in picture.entities.items()
        if unique_id.endswith(suffix)
    )


def _state(picture: Picture, entity: Mapping[str, Any]) -> str:
    state = picture.states.get(entity["entity_id"])
    return "" if state is None else str(state["state"])


def leaking(devices: Iterable[Device]) -> list[Device]:
    """Give the devices that truly leak."""
    return [device for device in devices if device.leaks]


def _name(device: Device) -> str:
    return f"{device.building}, {device.name}"


def wrong_leaks(
    devices: Iterable[Device], picture: Picture, *, with_past: bool = True
) -> list[str]:
    """Expect that each leak of the town is suspected, and no other.

    Where the network server has not given enough of the past, a sensor cannot tell yet.
    """
    known = list(devices)
    true, told = leaking(known), found(known, picture, "_leak_suspected")
    if not with_past:
        well = found(known, picture, "_leak_suspected", "off")
        true = [each for each in true if each in told or each in well]
    if with_past and not true:
        return ["no meter of the town leaks, so nothing is proven"]
    return [
        f"{_name(each)} leaks, and it is not suspected" for each in true if each not in told
    ] + [f"{_name(each)} does not leak, and it is suspected" for each in told if each not in true]


def wrong_watches(devices: Iterable[Device], picture: Picture) -> list[str]:
    """Expect that nothing is said about meters that do not leak."""
    known = list(devices)
    well = [device for device in known if device not in leaking(known)]
    return [
        f"{_name(device)}: {watch}"
        for watch in WATCHES
        for device in found(well, picture, f"_{watch}")
    ]


def heard(device: Device) -> datetime:
    """Give when a device was truly heard last."""
    return max(each.at for each in device.values)


def wrong_silence(
    devices: Iterable[Device],
    picture: Picture,
    issues: Iterable[Mapping[str, Any]],
    now: datetime,
) -> list[str]:
    """Expect that the devices that are silent are told, each by its sensor and all in one issue."""
    known = list(devices)
    told = found(known, picture, "_silent")
    wrong = [
        f"{_name(each)} was not heard since {heard(each)}, and that is not told"
        for each in known
        if now - heard(each) > SURELY and each not in told
    ]
    wrong += [
        f"{_name(each)} was heard at {heard(each)}, and is told to be silent"
        for each in told
        if now - heard(each) < PERHAPS
    ]
    listed = [issue for issue in issues if issue["translation_key"] == SILENT_ISSUE]
    names = listed[0]["translation_placeholders"]["names"] if listed else ""
    if len(listed) != bool(told) or any(each.name not in names for each in told):
        wrong.append(f"the repair issue lists {names or 'nothing'}")
    return wrong
