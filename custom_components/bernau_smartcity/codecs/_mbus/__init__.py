"""M-Bus data records (EN 13757-3), as meters send them over LoRaWAN, wM-Bus and wire.

`parse` turns bytes into records, `readings` turns records into readings.
"""

from .head import VARIABLE, Function, Head, head_of, length
from .parser import Record, parse, record_at
from .quantities import QUANTITIES
from .readings import clock, error_flags, meter_number, readings, times_of
from .vif import What

__all__ = [
    "QUANTITIES",
    "VARIABLE",
    "Function",
    "Head",
    "Record",
    "What",
    "clock",
    "error_flags",
    "head_of",
    "length",
    "meter_number",
    "parse",
    "readings",
    "record_at",
    "times_of",
]
