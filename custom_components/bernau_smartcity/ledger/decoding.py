"""What a message tells, or why it tells nothing."""

from dataclasses import dataclass
import logging
import traceback
from typing import Final

from ..model import Codec, DecodeError, Missing, Told, Uplink, WaitingError

_LOGGER: Final = logging.getLogger(__package__)

ENCRYPTED: Final = "encrypted"
"""The problem of a payload that only somebody else can decrypt."""
NOT_UNDERSTOOD: Final = "not_understood"
"""The status of a device with any other problem."""
STATUSES: Final = ("ok", ENCRYPTED, *Missing, NOT_UNDERSTOOD)


def status_of(problem: str) -> str:
    """Give what became of the newest payload, as one of few words."""
    if problem == ENCRYPTED or problem in Missing:
        return problem
    return NOT_UNDERSTOOD if problem else "ok"


@dataclass(frozen=True, slots=True)
class Decoded:
    """One message as its codec understood it."""

    told: tuple[Told, ...] = ()
    waits: bool = False
    """It is to be decoded again."""
    problem: str = ""
    """Why it tells nothing; empty where only the codec is missing."""
    waiting: WaitingError | None = None
    """What it waits for, where the codec knows that."""


def decoded(uplink: Uplink, codec: Codec | None) -> Decoded:
    """Decode an uplink with its settings and memory; never raises."""
    if uplink.encrypted:
        return Decoded(waits=True, problem=ENCRYPTED)
    if codec is None:
        return Decoded(waits=True)
    try:
        return Decoded(tuple(codec.decode(uplink)))
    except WaitingError as error:
        return Decoded(waits=True, problem=error.missing, waiting=error)
    except DecodeError as error:
        return Decoded(waits=True, problem=str(error))
    except Exception as error:  # noqa: BLE001  # one faulty codec must not stop the others
        # Without the text of the error, which might quote a key.
        kind = type(error).__name__
        where = "".join(traceback.format_tb(error.__traceback__))
        _LOGGER.error("Decoder %s failed on a payload: %s\n%s", codec.key, kind, where)  # noqa: TRY400  # as above
        return Decoded(waits=True, problem=kind)
