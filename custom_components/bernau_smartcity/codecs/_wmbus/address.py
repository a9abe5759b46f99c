"""Addresses of meters, as they stand in the headers of wM-Bus and OMS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...model import Medium

LENGTH: Final = 8

_MEDIA: Final[Mapping[int, Medium]] = {
    0x02: Medium.ELECTRICITY,
    0x03: Medium.GAS,
    **dict.fromkeys((0x04, 0x05, 0x08, 0x0C, 0x0D), Medium.HEAT),
    **dict.fromkeys((0x0A, 0x0B), Medium.COOLING),
    **dict.fromkeys((0x06, 0x07, 0x15, 0x16, 0x17, 0x28), Medium.WATER),
}
"""By the device type in the address; a heat cost allocator and steam are heat."""


@dataclass(frozen=True, slots=True)
class Address:
    """Who sends: manufacturer, number, version and kind, as they stand in a link header."""

    raw: bytes

    @property
    def number(self) -> str:
        """The meter's number as it stands on its plate."""
        return self.raw[5:1:-1].hex()

    @property
    def manufacturer(self) -> str:
        """The three letters of its identification."""
        code = int.from_bytes(self.raw[:2], "little")
        return "".join(chr(64 + (code >> shift & 0x1F)) for shift in (10, 5, 0))

    @property
    def medium(self) -> Medium:
        """What the meter measures."""
        return _MEDIA.get(self.raw[7], Medium.UNKNOWN)
