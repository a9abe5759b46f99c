"""Frames that are read from their beginning to their end."""

import struct
from typing import Final

from ..model import DecodeError

_REAL: Final = struct.Struct("<f")


class Cursor:
    """A place in a frame; least significant byte first."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self._rest = data

    @property
    def left(self) -> bytes:
        """What is not read yet."""
        return self._rest

    def take(self, size: int) -> bytes:
        """Give the next bytes, all of them or none."""
        taken, rest = self._rest[:size], self._rest[size:]
        if len(taken) < size:
            msg = f"message ends {size - len(taken)} bytes too early"
            raise DecodeError(msg)
        self._rest = rest
        return taken

    def number(self, size: int, *, signed: bool = False) -> int:
        """Give the next number."""
        return int.from_bytes(self.take(size), "little", signed=signed)

    def real(self) -> float:
        """Give the next number of four bytes with floating point."""
        (value,) = _REAL.unpack(self.take(_REAL.size))
        return float(value)

    def rest(self) -> bytes:
        """Give all that is left."""
        return self.take(len(self._rest))

    def end(self) -> None:
        """Refuse what is left."""
        if self._rest:
            msg = f"message has {len(self._rest)} bytes too many"
            raise DecodeError(msg)
