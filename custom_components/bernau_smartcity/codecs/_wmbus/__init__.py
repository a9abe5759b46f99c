"""wM-Bus and OMS (EN 13757-4 and -7): from telegrams to M-Bus records.

`telegram` reads what a bridge delivers, `layers` what a LoRaWAN meter sends.
"""

from .address import Address
from .compact import remember_format, whole
from .layers import LONG, Content, layers, telegram
from .security import Keys
from .told import health, measured, remember_address, remembered_address

__all__ = [
    "LONG",
    "Address",
    "Content",
    "Keys",
    "health",
    "layers",
    "measured",
    "remember_address",
    "remember_format",
    "remembered_address",
    "telegram",
    "whole",
]
