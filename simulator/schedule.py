"""When a device transmits, and what it transmits: pure functions of device and time."""

from .clock import EPOCH
from .inventory import Device
from .noise import mix, unit

_PHASE, _JITTER, _MAC_ONLY, _REPEATED, _SESSION, _STATUS = range(101, 107)
_DAY = 86_400
_MAC_ONLY_SHARE = 0.004
_REPEATED_SHARE = 0.03


def sent_at(device: Device, number: int) -> int:
    """Give the time of a transmission in milliseconds since 1970."""
    phase = unit(device.salt, _PHASE)
    jitter = unit(device.salt, _JITTER, number) * min(0.25, 30 / device.interval)
    return int((EPOCH + (number + 0.2 + 0.5 * phase + jitter) * device.interval) * 1000)


def latest(device: Device, now: float) -> int:
    """Give the number of the newest transmission at a time; -1 before the first."""
    number = int((now - EPOCH) // device.interval)
    if number < 0:
        return -1
    return number if sent_at(device, number) <= now * 1000 else number - 1


def heard(device: Device, at: int) -> bool:
    """Tell whether the device was on the air at a time in milliseconds."""
    if device.silence is None:
        return True
    return (at / 1000 - EPOCH) % device.silence.cycle < device.silence.heard


def session(device: Device, number: int) -> tuple[int, int]:
    """Give the number of the join before a transmission, and its frame counter."""
    length = 2500 + mix(device.salt, _SESSION) % 2000
    return divmod(number, length)


def is_mac_only(device: Device, number: int) -> bool:
    """Tell whether the frame answers the network and carries no measurement."""
    return unit(device.salt, _MAC_ONLY, number) < _MAC_ONLY_SHARE


def is_repeated(device: Device, number: int) -> bool:
    """Tell whether the network server saw the frame twice and logged that."""
    return unit(device.salt, _REPEATED, number) < _REPEATED_SHARE


def status_number(device: Device, number: int) -> int | None:
    """Give the newest transmission up to this one that carried the device status."""
    every = max(1, round(_DAY / device.interval))
    found = number - (number - mix(device.salt, _STATUS) % every) % every
    return found if found >= 0 else None


def battery(device: Device, at: int) -> float:
    """Give the battery charge in percent: some devices are older than others."""
    age = (at / 1000 - EPOCH) / (365 * _DAY) + 3 * unit(device.salt, _STATUS)
    return max(1.0, round(254 - 18 * age) / 2.54)
