"""Elvaco CMi4110, standard message: a format id, then bare M-Bus records."""

from datetime import datetime, timedelta, timezone

F_PORT = 2
_METER_ZONE = timezone(timedelta(hours=1))
"""Heat meters in Germany keep standard time all year."""
_CENTURY = 0x20
"""The hour's byte tells that the year is one of 2000."""


def _bcd(value: int, size: int) -> bytes:
    """Write a number as binary-coded decimal, least significant byte first."""
    return bytes.fromhex(f"{value % 100**size:0{2 * size}d}")[::-1]


def _type_f(at: float) -> bytes:
    """Write a date and time to the minute (M-Bus type F)."""
    moment = datetime.fromtimestamp(at, _METER_ZONE)
    year = moment.year - 2000
    return bytes(
        (
            moment.minute,
            moment.hour | _CENTURY,
            moment.day | (year & 7) << 5,
            moment.month | (year >> 3) << 4,
        )
    )


def encode(  # noqa: PLR0913 - one argument for each record of the message
    *,
    energy: int,
    volume: int,
    power: int,
    flow: int,
    flow_temperature: int,
    return_temperature: int,
    serial: int,
    clock: float | None,
    errors: int = 0,
) -> bytes:
    """Encode counts of 1 kWh, 10 l, 100 W, 1 l/h and 0.1 °C."""
    return b"".join(
        (
            b"\x00\x0c\x06",
            _bcd(energy, 4),
            b"\x0c\x14",
            _bcd(volume, 4),
            b"\x0b\x2d",
            _bcd(power, 3),
            b"\x0b\x3b",
            _bcd(flow, 3),
            b"\x0a\x5a",
            _bcd(flow_temperature, 2),
            b"\x0a\x5e",
            _bcd(return_temperature, 2),
            b"\x0c\x78",
            _bcd(serial, 4),
            b"" if clock is None else b"\x04\x6d" + _type_f(clock),
            b"\x02\xfd\x17",
            errors.to_bytes(2, "little"),
        )
    )
