"""Decoded objects of network servers become readings, by the names of their fields.

For models of which we have no codec: `proposals` says what each field probably
means and why, a person approves or changes it, and `DECODED` then reads uplinks
like any codec does. What was approved is the setting `mapping` of the device.

fields     objects to flat names and numbers
names      what names mean
units      what units mean
proposal   names, units and history to a proposal with its reason
reading    approved fields to readings
"""

from typing import Final

from ..model import Codec, Kind, Medium, Quantity, Setting
from .fields import fields, reduced
from .proposal import Proposal, Why, medium_of, proposals
from .reading import Assignment, Mapped, beside, continues, decode, in_channels, read, written
from .units import CHOICES

__all__ = [
    "CHOICES",
    "DECODED",
    "Assignment",
    "Mapped",
    "Proposal",
    "Why",
    "beside",
    "continues",
    "fields",
    "in_channels",
    "medium_of",
    "proposals",
    "read",
    "reduced",
    "written",
]

DECODED: Final = Codec(
    key="decoded",
    manufacturer="",
    model="decoded",
    medium=Medium.UNKNOWN,
    quantities=frozenset(quantity for quantity in Quantity if quantity.kind is not Kind.MOMENT),
    decode=decode,
    settings=(Setting.MEDIUM, Setting.PULSE_WEIGHT, Setting.MAPPING),
)
"""Reads what the network server's own codec gave."""
