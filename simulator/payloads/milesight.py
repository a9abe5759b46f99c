"""Milesight: elements of channel, type and data, least significant byte first."""

from collections.abc import Sequence
import struct

F_PORT = 85
RESTARTED = bytes.fromhex("ff0bff fffeff")
"""Device status on, reset event: sent first after a restart."""


def _battery(percent: int | None) -> bytes:
    return b"" if percent is None else struct.pack("<2sB", b"\x01\x75", percent)


def _temperature(tenths: int | None) -> bytes:
    return b"" if tenths is None else struct.pack("<2sh", b"\x03\x67", tenths)


def _humidity(halves: int | None) -> bytes:
    return b"" if halves is None else struct.pack("<2sB", b"\x04\x68", halves)


def em300_di(
    *, pulses: int, battery: int | None, temperature: int | None, humidity: int | None
) -> bytes:
    """Encode percent, 0.1 °C, half percent and the pulse counter of an EM300-DI."""
    return (
        _battery(battery)
        + _temperature(temperature)
        + _humidity(humidity)
        + struct.pack("<2sI", b"\x05\xc8", pulses)
    )


def vs350(
    *,
    total: tuple[int, int],
    period: tuple[int, int],
    battery: int | None = None,
    temperature: int | None = None,
    clock: int | None = None,
) -> bytes:
    """Encode the passages in and out of a VS350; its totals have 16 bits."""
    return (
        _battery(battery)
        + _temperature(temperature)
        + struct.pack("<2sHH", b"\x04\xcc", *(count % 65536 for count in total))
        + struct.pack("<2sHH", b"\x05\xcc", *period)
        + (b"" if clock is None else struct.pack("<2sI", b"\x0a\xef", clock))
    )


_LINES = (3, 6, 9, 12)
"""First channel of each line of a VS133: in, out, and both since the last report."""


def vs133(
    *,
    totals: Sequence[tuple[int, int]],
    periods: Sequence[tuple[int, int]],
    regions: Sequence[int] = (),
) -> bytes:
    """Encode lines of (in, out) of a VS133, and the people in its four regions."""
    total = (
        struct.pack("<BBIBBI", channel, 0xD2, came, channel + 1, 0xD2, went)
        for channel, (came, went) in zip(_LINES, totals, strict=False)
    )
    period = (
        struct.pack("<BBHH", channel + 2, 0xCC, *counts)
        for channel, counts in zip(_LINES, periods, strict=False)
    )
    inside = struct.pack("<2s4B", b"\x0f\xe3", *regions) if regions else b""
    return b"".join((*total, *period, inside))
