"""What the demo's proofs about leaks and silent meters complain about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo import watches
from demo.check import SILENT_ISSUE, Picture
from demo.town import Device, Measured

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def device(name: str, hours: float = 0.5, *, leaks: bool = False) -> Device:
    """Give a water meter that was heard some hours ago."""
    value = Measured("volume", 0, 1.0, NOW - hours * HOUR)
    return Device(f"00{name.lower()}", name, "Schule", "c", (value,), leaks)


LEAKY, DRY = device("A", leaks=True), device("B")
SILENT, LATE = device("C", 30), device("D", 12)


def picture(*on: tuple[Device, str]) -> Picture:
    """Show both sensors of all devices, those of some on."""
    entities: dict[str, Any] = {}
    states: dict[str, Any] = {}
    for each in (LEAKY, DRY, SILENT, LATE):
        for suffix in ("volume_leak_suspected", "volume_base_load_high", "silent"):
            entity_id = f"binary_sensor.{each.name}_{suffix}"
            entities[f"entry_{each.dev_eui}_{suffix}"] = {"entity_id": entity_id}
            states[entity_id] = {"state": "on" if (each, suffix) in on else "off"}
    return Picture("entry", entities, states)


LEAK, BASE = "volume_leak_suspected", "volume_base_load_high"


@pytest.mark.parametrize(
    ("devices", "on", "complaints"),
    [
        pytest.param([LEAKY, DRY], [(LEAKY, LEAK)], [], id="as it is"),
        pytest.param([LEAKY, DRY], [], ["A leaks"], id="missed"),
        pytest.param([LEAKY, DRY], [(LEAKY, LEAK), (DRY, LEAK)], ["B does not"], id="too many"),
        pytest.param([DRY], [], ["nothing is proven"], id="no leak"),
    ],
)
def test_leaks(devices: list[Device], on: list[tuple[Device, str]], complaints: list[str]) -> None:
    """Each that is there, and no other."""
    found = watches.wrong_leaks(devices, picture(*on))
    assert len(found) == len(complaints)
    assert all(part in whole for part, whole in zip(complaints, found, strict=True))
    assert watches.judged(picture(), "_leak_suspected") == 4


def test_leak_of_which_nobody_can_know_yet() -> None:
    """Some network servers give less of the past; what their sensors do tell must be true."""
    unknown = picture()
    entity_id = f"binary_sensor.{LEAKY.name}_{LEAK}"
    shown = Picture("entry", unknown.entities, {**unknown.states, entity_id: {"state": "unknown"}})
    assert watches.wrong_leaks([LEAKY, DRY], shown, with_past=False) == []
    assert len(watches.wrong_leaks([LEAKY, DRY], shown)) == 1
    assert len(watches.wrong_leaks([LEAKY, DRY], picture(), with_past=False)) == 1


def test_other_watches() -> None:
    """What is said of a meter that leaks may be true; of others it is not."""
    assert watches.wrong_watches([LEAKY, DRY], picture((LEAKY, BASE))) == []
    assert len(watches.wrong_watches([LEAKY, DRY], picture((DRY, BASE)))) == 1


@pytest.mark.parametrize(
    ("on", "names", "count"),
    [
        pytest.param([SILENT], "Schule · C", 0, id="as it is"),
        pytest.param([SILENT, LATE], "Schule · C, Schule · D", 0, id="perhaps"),
        pytest.param([], "", 1, id="missed"),
        pytest.param([SILENT, DRY], "Schule · B, Schule · C", 1, id="too many"),
        pytest.param([SILENT], "", 1, id="no issue"),
        pytest.param([SILENT, LATE], "Schule · C", 1, id="not in the issue"),
        pytest.param([], "Schule · C", 2, id="only in the issue"),
    ],
)
def test_silence(on: list[Device], names: str, count: int) -> None:
    """Told by each sensor, and by the issue."""
    issue = {"translation_key": SILENT_ISSUE, "translation_placeholders": {"names": names}}
    shown = picture(*((each, "silent") for each in on))
    found = watches.wrong_silence([DRY, SILENT, LATE], shown, [issue] if names else [], NOW)
    assert len(found) == count
