"""The state of a device of which everything is known."""

from datetime import UTC, datetime, timedelta

from custom_components.bernau_smartcity.ledger.state import DeviceState, Heard, Register
from custom_components.bernau_smartcity.metering.pulses import Weighed
from custom_components.bernau_smartcity.metering.register import Decision, Kind, Sample, Total
from custom_components.bernau_smartcity.model import Device, Quantity, Reading

AT = datetime(2026, 11, 23, 10, 0, 0, 123_456, tzinfo=UTC)
KEY = (Quantity.VOLUME, 0)
DEVICE = Device(
    dev_eui="0011223344556677", name="Wasser", scope="app", tags={"building": "Rathaus"}
)
STATE = DeviceState(
    device=DEVICE,
    codec="some_codec",
    settings={"medium": "water"},
    meter="68824789",
    heard=Heard(AT, 7, -101.0, 5.5),
    lost=3,
    problem="too short",
    latest={(Quantity.FLOW, 2): Reading(Quantity.FLOW, 1.5, 2, AT, "68824789")},
    registers={
        KEY: Register(
            Total(12.5, Sample(AT, 3.5, "2", restarted=True), Sample(AT, 99.0)),
            12.0,
            AT - timedelta(days=40),
        ),
        (Quantity.PULSES, 1): Register(Total(4.0, Sample(AT, 4.0))),
    },
    weights={1: (Weighed(0.01, 0.0, 0.0), Weighed(0.1, 100.0, 1.0))},
    decisions=((KEY, Decision(Kind.EXCHANGE, AT, 12.0, 1.0)),),
)
