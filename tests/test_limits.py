"""What a person says of the limits of a meter, in whatever unit its registers count."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path

import pytest

from custom_components.bernau_smartcity.ledger.choices import Choices
from custom_components.bernau_smartcity.ledger.ledger import Ledger
from custom_components.bernau_smartcity.ledger.store import Store
from custom_components.bernau_smartcity.metering.hours import Period
from custom_components.bernau_smartcity.metering.register import Kind
from custom_components.bernau_smartcity.model import (
    Batch,
    Codec,
    Device,
    Medium,
    Quantity,
    Reading,
    Setting,
    Uplink,
)

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
EUI = "0011223344556677"
HEAT = Codec(
    key="heat",
    manufacturer="Nobody",
    model="Heat",
    medium=Medium.HEAT,
    quantities=frozenset({Quantity.ENERGY, Quantity.VOLUME}),
    decode=lambda uplink: (
        Reading(quantity, json.loads(uplink.payload))
        for quantity in (Quantity.ENERGY, Quantity.VOLUME)
    ),
)
ADAPTER = Codec(
    key="adapter",
    manufacturer="Nobody",
    model="Pulses",
    medium=Medium.UNKNOWN,
    quantities=frozenset({Quantity.PULSES}),
    decode=lambda uplink: [Reading(Quantity.PULSES, json.loads(uplink.payload))],
    settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT),
)
WATER = {"medium": "water", "pulse_weight": "0.01"}


def opened(
    path: Path,
    codec: Codec,
    settings: Mapping[str, str],
    bounds: tuple[datetime, datetime] = (AT, AT + timedelta(days=30)),
) -> Ledger:
    """Open a ledger whose user has set this of the device."""
    choices = Choices(lambda _: codec, lambda _: settings)
    return Ledger(Store.open(path), choices, {Period.THIS_MONTH: bounds})


def send(ledger: Ledger, shown: Mapping[float, float], **tags: str) -> None:
    """Let the device tell what it showed some hours after ten."""
    device = Device(dev_eui=EUI, name="Meter", scope="app", tags=tags)
    uplinks = tuple(
        Uplink(
            dev_eui=EUI,
            id=str(hours),
            received_at=AT + hours * HOUR,
            f_port=1,
            f_cnt=round(hours * 100),
            payload=json.dumps(value).encode(),
        )
        for hours, value in shown.items()
    )
    ledger.take([Batch(device=device, uplinks=uplinks)])


def total(ledger: Ledger, quantity: Quantity) -> float:
    """Give a total."""
    return ledger.states[EUI].values[quantity, 0].value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of the store."""
    return tmp_path / "entry.db"


@pytest.mark.parametrize("settings", [{"limit": "5"}, {"limit": " 5,0 "}, {}])
def test_limit_holds_for_what_counts_in_the_unit_of_the_medium(
    path: Path, settings: dict[str, str]
) -> None:
    """Kilowatt-hours of a heat meter wait for a second reading, its volume does not."""
    ledger = opened(path, HEAT, settings)
    send(ledger, {0: 100, 1: 150})
    assert total(ledger, Quantity.ENERGY) == (100 if settings else 150)
    assert total(ledger, Quantity.VOLUME) == 150
    told = [(key[0], decision.kind) for key, decision in ledger.states[EUI].decisions]
    assert told == ([(Quantity.ENERGY, Kind.QUARANTINED)] if settings else [])
    ledger.close()


def test_tag_sets_it_too_and_a_person_wins(path: Path) -> None:
    """As with all settings."""
    ledger = opened(path, HEAT, {})
    send(ledger, {0: 100, 1: 150}, limit="5")
    assert total(ledger, Quantity.ENERGY) == 100
    ledger.close()
    ledger = opened(path, HEAT, {"limit": "60"})
    assert total(ledger, Quantity.ENERGY) == 150
    ledger.close()


def test_pulses_are_judged_by_their_weight(path: Path) -> None:
    """Two cubic metres an hour are 200 pulses of ten litres."""
    ledger = opened(path, ADAPTER, {**WATER, "limit": "2"})
    send(ledger, {0: 1_000, 1: 1_200, 2: 1_401})
    assert total(ledger, Quantity.PULSES) == 1_200
    assert total(ledger, Quantity.VOLUME) == 12
    ledger.close()


def test_pulses_of_nothing_known_are_judged_as_pulses(path: Path) -> None:
    """Without weight or medium they are the total."""
    ledger = opened(path, ADAPTER, {"limit": "2", "pulse_weight": "0.01"})
    send(ledger, {0: 1_000, 1: 1_003})
    assert total(ledger, Quantity.PULSES) == 1_000
    ledger.close()


def test_modulus_of_a_register_that_the_decoder_does_not_know(path: Path) -> None:
    """The total continues, in pulses as in cubic metres."""
    ledger = opened(path, ADAPTER, {**WATER, "modulus": "100"})
    send(ledger, {0: 9_990, 1: 10})
    assert total(ledger, Quantity.PULSES) == 10_010
    assert total(ledger, Quantity.VOLUME) == pytest.approx(100.1)
    ledger.close()


def test_what_is_kept_is_judged_anew(path: Path) -> None:
    """A limit that is set later mends the past; the total never falls, its hours are due."""
    shown: dict[float, float] = {0: 100.0, 1: 101.0, 2: 900.0, 3: 901.0, 4: 902.0}
    ledger = opened(path, HEAT, {})
    send(ledger, shown)
    assert total(ledger, Quantity.ENERGY) == 902
    (due, _) = ledger.due((), never_written=True)
    ledger.settle([due])
    ledger.close()

    ledger = opened(path, HEAT, {"limit": "5"})
    value = ledger.states[EUI].values[Quantity.ENERGY, 0]
    assert (value.value, value.excess) == (902, 799)
    (due, *_) = ledger.due((), never_written=False)
    assert (due.key, due.since) == ((Quantity.ENERGY, 0), AT)
    kinds = [d.kind for key, d in ledger.states[EUI].decisions if key[0] is Quantity.ENERGY]
    assert kinds == [Kind.QUARANTINED, Kind.EXCHANGE]
    ledger.close()

    ledger = opened(path, HEAT, {})
    value = ledger.states[EUI].values[Quantity.ENERGY, 0]
    assert (value.value, value.excess) == (902, 0)
    ledger.close()


def test_what_was_forgotten_long_ago_stays_as_it_was(path: Path) -> None:
    """Only the readings that are kept can be judged anew; the total goes on from there."""
    ledger = opened(path, HEAT, {})
    days = {24.0 * n: 20.0 * n for n in range(120)}
    send(ledger, days)
    ledger.settle(ledger.due((), never_written=True))
    send(ledger, {24.0 * 120: 2_400.0})
    assert ledger.states[EUI].registers[Quantity.ENERGY, 0].since
    ledger.close()
    ledger = opened(path, HEAT, {"limit": "1", "modulus": "3000"})
    assert total(ledger, Quantity.ENERGY) == 2_400
    ledger.close()


def test_gaps_are_known_without_reading_all_again(path: Path) -> None:
    """A late reading divides one; each counts for the month in which it lies."""
    ledger = opened(path, HEAT, {}, (AT + 3 * HOUR, AT + 20 * HOUR))
    send(ledger, {n: 100.0 + n for n in (0, 1, 6, 7, 12, 13)})
    assert ledger.states[EUI].spread == 8 * HOUR
    send(ledger, {9.5: 109.5})
    assert ledger.states[EUI].spread == 3 * HOUR
    assert ledger.gaps()[EUI][Quantity.ENERGY, 0] == [(AT + HOUR, AT + 6 * HOUR)]
    ledger.close()
    ledger = opened(path, HEAT, {}, (AT + 3 * HOUR, AT + 20 * HOUR))
    assert ledger.states[EUI].spread == 3 * HOUR
    ledger.close()
