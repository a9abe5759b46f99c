"""Rain gauges of SenseCAP S2120: a total that Home Assistant's own layer reads, and so do we.

The maker's frame: record 4C with the gust in tenths of m/s and the rain in
thousandths of mm since the beginning, big-endian, on port 3.
https://sensecap-docs.seeed.cc/measurement_list.html
"""

from math import cos, pi
from typing import Final

from simulator.catalogue import BUILDINGS
from simulator.inventory import Device, Model, Profile, device_salt
from simulator.moments import Frame, Moment, Value
from simulator.noise import text_salt, uuid

from ._sensecap import MODEL as CLIMATE

CODEC: Final = "sensecap_s2120"
FIELDS: Final = '{"rain":["volume",0,"m³"]}'
"""There is no quantity for rain here: to books that are kept by the hour it is the same."""
INTERVAL: Final = 900.0
PROFILE: Final = Profile(
    id=uuid(text_salt("profile S2120")),
    name="SenseCAP S2120",
    model=Model(
        id="ba6c2e5d-d894-41d1-a5c1-5e8f4a7d3826", name="SenseCAP S2120", vendor=CLIMATE.vendor
    ),
    decodes=True,
)
_PORT: Final = 3
_RECORD: Final = 0x4C
_BEGIN: Final = 1_767_225_600.0
"""When all gauges were empty: at the beginning of 2026."""
_DAY: Final = 86_400.0


def fallen(at: float) -> float:
    """Give the mm of rain until then: 10 in an hour, half as much more by day, less by night."""
    seconds = at - _BEGIN
    return (seconds - 0.5 * _DAY / (2 * pi) * (cos(2 * pi * seconds / _DAY) - 1)) / 360


def frame(moment: Moment) -> Frame:
    """Give what is sent."""
    thousandths = round(fallen(moment.at) * 1000)
    rain = thousandths / 1000
    payload = bytes((_RECORD, 0, 0)) + thousandths.to_bytes(4)
    return Frame(_PORT, payload, (Value("volume", rain, moment.at),), {"rain": rain})


def gauges(count: int) -> list[Device]:
    """Make so many."""
    return [
        Device(
            dev_eui=(dev_eui := f"2cf7f2{place:010x}"),
            name=f"Regen {place + 1}",
            building="Bauhof",
            application=BUILDINGS,
            profile=PROFILE,
            codec=CODEC,
            interval=INTERVAL,
            loads=(),
            tags={},
            salt=device_salt(1, dev_eui),
        )
        for place in range(count)
    ]
