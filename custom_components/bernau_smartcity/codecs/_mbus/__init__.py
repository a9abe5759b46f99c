"""M-Bus data records (EN 13757-3), as meters send them over LoRaWAN, wM-Bus and wire.

`parse` turns bytes into records, `readings` turns records into readings.
"""

from .head import Function, Head
from .parser import Record, parse
from .readings import QUANTITIES, clock, error_flags, meter_number, readings
from .vif import What

__all__ = [
    "QUANTITIES",
    "Function",
    "Head",
    "Record",
    "What",
    "clock",
    "error_flags",
    "meter_number",
    "parse",
    "readings",
]
