"""M-Bus data records (EN 13757-3), as meters send them over LoRaWAN, wM-Bus and wire.

`parse` turns bytes into records, `readings` turns records into readings.
"""

from .parser import Function, Record, parse
from .readings import QUANTITIES, clock, meter_number, readings
from .vif import What

__all__ = [
    "QUANTITIES",
    "Function",
    "Record",
    "What",
    "clock",
    "meter_number",
    "parse",
    "readings",
]
