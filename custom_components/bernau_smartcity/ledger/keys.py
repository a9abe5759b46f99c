"""The keys of encrypted meters: how they are written, and how they reach a codec.

They are kept in the options of the entry like its other credentials, and are
shown nowhere again.
"""

from collections.abc import Collection, Iterable, Mapping
import hashlib
import json
from typing import Final

from ..model import Setting
from .bridges import identity_of, is_meter

DIGITS: Final = 32
"""An AES-128 key in hexadecimal."""

_OF_METER: Final = f"{Setting.KEY}_"
_SEPARATORS: Final = str.maketrans("", "", " :-\u00a0")


class NoKeyError(ValueError):
    """The text is no key; which text it is stays untold."""


def read_key(text: str) -> str:
    """Give a key as it is kept; raises NoKeyError."""
    plain = text.translate(_SEPARATORS).strip().lower()
    if len(plain) != DIGITS or not set(plain) <= set("0123456789abcdef"):
        raise NoKeyError
    return plain


def is_key(setting: str) -> bool:
    """Tell whether a setting holds a key."""
    return setting == Setting.KEY or setting.startswith(_OF_METER)


def without_keys(settings: Mapping[str, str]) -> dict[str, str]:
    """Give what may be shown."""
    return {name: value for name, value in settings.items() if not is_key(name)}


class Keys:
    """All keys of an entry, as the codecs want them."""

    def __init__(self, owners: Mapping[str, str] | None = None) -> None:
        """Take keys by DevEUI or by identity of a meter behind a bridge."""
        self.owners = owners or {}
        self._of_meters = dict(_of_meters(self.owners))

    def settings(self, dev_eui: str, found: Collection[str] | None) -> dict[str, str]:
        """Give the key of a device; of a bridge with what it has found also those of meters."""
        own = {Setting.KEY.value: self.owners[dev_eui]} if dev_eui in self.owners else {}
        if found is None or not self._of_meters:
            return own
        spelt = {
            f"{_OF_METER}{number}": self.owners[identity]
            for number in found
            if (identity := identity_of(number)) in self.owners
        }
        return {**own, **self._of_meters, **spelt}


def _of_meters(keys: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Spell meter numbers in capitals and small letters."""
    prefix = identity_of("")
    for identity, key in keys.items():
        if is_meter(identity):
            number = identity.removeprefix(prefix)
            yield f"{_OF_METER}{number}", key
            yield f"{_OF_METER}{number.upper()}", key


def fingerprint(codec: str, settings: Mapping[str, str], key: str) -> str:
    """Give what changes with any of them, and tells none."""
    text = json.dumps([codec, sorted(settings.items()), key])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
