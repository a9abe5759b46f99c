"""Encrypted meter data: the security modes of OMS and EN 13757-7 that meters use.

5: AES-CBC, the initial vector is made of address and access number. 7: AES-CBC
with a key for each message (CMAC of the meter's key). 10: AES-CCM with such a
key (security profile D). Link layer: AES-CTR.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from ...model import DecodeError, Missing, Setting, Uplink, WaitingError

BLOCK: Final = 16
_FILLERS: Final = b"\x2f\x2f"
"""Encrypted data begin with two fillers, so that a wrong key is seen."""
_TAG: Final = 8
_COUNTER: Final = 4
_FOR_ENCRYPTION: Final = b"\x00"
_KEY_PADDING: Final = b"\x07" * 7


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that a person gave: of the device itself, or of the meters behind it."""

    uplink: Uplink
    is_bridge: bool = False

    def of(self, number: str) -> bytes:
        """Give the key of the meter with this number, or raise `WaitingError`."""
        name = f"{Setting.KEY}_{number}" if self.is_bridge else Setting.KEY
        text = self.uplink.settings.get(name, "").strip()
        if not text:
            raise self.waits(Missing.KEY, number)
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) != BLOCK:
            raise self.waits(Missing.RIGHT_KEY, number)
        return key

    def waits(self, missing: Missing, number: str) -> WaitingError:
        """Give the error that tells what is missing for this meter."""
        return WaitingError(missing, number if self.is_bridge else "")


@dataclass(frozen=True, slots=True)
class Sealed:
    """Data behind a transport header, and all that opens them."""

    address: bytes
    """Manufacturer, number, version and kind of the meter: 8 bytes."""
    wrong_key: WaitingError
    """To be raised when what comes out is not what it must be."""
    access: int
    blocks: int
    """How many blocks are encrypted; 0: none."""
    head: bytes
    """The header without the address, as far as profile D authenticates it."""
    data: bytes
    counter: bytes | None
    """Of the message, where a layer below tells it."""


def open_mode_5(sealed: Sealed, key: bytes) -> bytes:
    """Decrypt as many blocks as the header tells; what follows is plain."""
    return _blocks(sealed, key, sealed.address + bytes((sealed.access,)) * 8)


def open_mode_7(sealed: Sealed, key: bytes) -> bytes:
    """Decrypt the blocks with the key of this message."""
    if sealed.counter is None:
        msg = "encrypted message without its counter"
        raise DecodeError(msg)
    return _blocks(sealed, _derived(key, sealed.counter, sealed.address), bytes(BLOCK))


def open_mode_10(sealed: Sealed, key: bytes) -> bytes:
    """Decrypt and authenticate the message; its counter stands before the data."""
    counter, data = sealed.data[:_COUNTER], sealed.data[_COUNTER:]
    if len(data) < _TAG:
        msg = f"encrypted message of {len(sealed.data)} bytes is too short"
        raise DecodeError(msg)
    cipher = AESCCM(_derived(key, counter, sealed.address), tag_length=_TAG)
    nonce = sealed.address + b"\x00" + counter[::-1]
    try:
        return cipher.decrypt(nonce, data, sealed.head)
    except InvalidTag:
        raise sealed.wrong_key from None


OPENERS: Final[Mapping[int, Callable[[Sealed, bytes], bytes]]] = {
    5: open_mode_5,
    7: open_mode_7,
    10: open_mode_10,
}
"""By the security mode in the transport header."""


def open_link(address: bytes, control: int, session: bytes, data: bytes, key: bytes) -> bytes:
    """Decrypt what follows an extended link layer header."""
    # The bit of repeaters changes on the way, so that it is taken as not set.
    vector = address + bytes((control & ~0x10,)) + session + bytes(3)
    return _run(Cipher(AES(key), modes.CTR(vector)).decryptor(), data)


def _blocks(sealed: Sealed, key: bytes, vector: bytes) -> bytes:
    size = sealed.blocks * BLOCK
    if not size:
        return sealed.data
    if len(sealed.data) < size:
        msg = f"{len(sealed.data)} bytes are fewer than the {sealed.blocks} encrypted blocks"
        raise DecodeError(msg)
    plain = _run(Cipher(AES(key), modes.CBC(vector)).decryptor(), sealed.data[:size])
    if not plain.startswith(_FILLERS):
        raise sealed.wrong_key
    return plain + sealed.data[size:]


def _run(cipher: CipherContext, data: bytes) -> bytes:
    return cipher.update(data) + cipher.finalize()


def _derived(key: bytes, counter: bytes, address: bytes) -> bytes:
    """Give the key of one message."""
    mac = CMAC(AES(key))
    mac.update(_FOR_ENCRYPTION + counter + address[2:6] + _KEY_PADDING)
    return mac.finalize()
