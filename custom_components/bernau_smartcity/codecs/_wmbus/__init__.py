"""wM-Bus and OMS (EN 13757-4 and -7): from telegrams to M-Bus records.

`message` reads what a LoRaWAN meter sends, `telegram` what a bridge delivers.
"""

from .address import Address
from .compact import remember_format, whole
from .layers import WITHOUT_HEADER, Content, layers, telegram
from .security import Keys
from .told import HEALTH, Message, health, measured, message

__all__ = [
    "HEALTH",
    "WITHOUT_HEADER",
    "Address",
    "Content",
    "Keys",
    "Message",
    "health",
    "layers",
    "measured",
    "message",
    "remember_format",
    "telegram",
    "whole",
]
