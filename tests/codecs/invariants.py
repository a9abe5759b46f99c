"""What must hold for whatever a codec is given."""

from math import isfinite

from custom_components.bernau_smartcity.model import (
    Codec,
    DecodeError,
    Kind,
    Reading,
    Told,
    Uplink,
    readings_of,
)

_FEW, _PER_BYTE = 40, 16
"""How much a message may tell: a few things in any case, and some for each byte."""


def decode(codec: Codec, uplink: Uplink) -> tuple[Reading, ...]:
    """Decode, and check what must hold for every message; give nothing for one that is refused."""
    told: tuple[Told, ...] = ()
    reason = "none"
    try:
        told = tuple(codec.decode(uplink))
    except DecodeError as error:
        reason = str(error)
    assert reason
    assert len(told) <= _FEW + _PER_BYTE * len(uplink.payload)
    readings = tuple(readings_of(told))
    for reading in readings:
        assert isfinite(reading.value)
        assert type(reading.value) is float
        assert reading.quantity in codec.quantities
        assert reading.at is None or reading.at.tzinfo is not None
        if reading.quantity.kind is Kind.FLAG:
            assert reading.value in {0, 1}
    return readings
