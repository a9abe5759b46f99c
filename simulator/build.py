"""Builds the town: Bernau, and any number of further devices."""

from dataclasses import replace

from . import bernau, catalogue
from .clock import Clock
from .inventory import Device, Profile, device_salt
from .loads import Steady
from .noise import mix, unit
from .town import Town

_FURTHER: tuple[tuple[str, Profile, float, tuple[float, ...]], ...] = (
    # model, profile, seconds between uplinks, amount per hour of each register
    ("klax", catalogue.KLAX, 900, (4.0,)),
    ("elvaco_cmi4110", catalogue.CMI4110, 3600, (18.0, 0.7)),
    ("axioma_qalcosonic_w1", catalogue.QALCOSONIC_W1, 3600, (0.12,)),
    ("milesight_em300_di", catalogue.EM300_DI, 1800, (0.9,)),
    ("milesight_vs350", catalogue.VS350, 900, (40.0, 40.0)),
    ("milesight_vs133", catalogue.VS133, 900, (60.0, 60.0, 25.0, 25.0)),
    ("parametric_pcr2", catalogue.PCR2, 600, (50.0, 50.0)),
)
_COUNTERS = frozenset({"milesight_vs350", "milesight_vs133", "parametric_pcr2"})


def _further(seed: int, place: int) -> Device:
    """Make a device beyond the named town, with a load in closed form."""
    codec, profile, interval, amounts = _FURTHER[place % len(_FURTHER)]
    dev_eui = f"b827eb{mix(place, 501) & 0xFFFFFFFFFF:010x}"
    salt = device_salt(seed, dev_eui)
    building = f"Liegenschaft {place // 8 + 1}"
    tags = {"building": building}
    if codec == "milesight_em300_di":
        tags |= {"medium": "gas", "pulse_weight": "0.01"}
    size, phase = 0.3 + 1.4 * unit(salt, 502), 24 * unit(salt, 503)
    loads = tuple(
        Steady(start=round(9000 * unit(salt, 504 + n)), per_hour=size * amount, phase=phase)
        for n, amount in enumerate(amounts)
    )
    return Device(
        dev_eui=dev_eui,
        name=f"{'Zählstelle' if codec in _COUNTERS else 'Zähler'} {place + 1}",
        building=building,
        application=catalogue.VISITORS if codec in _COUNTERS else catalogue.BUILDINGS,
        profile=profile,
        codec=codec,
        interval=interval,
        loads=loads,
        tags=tags,
        salt=salt,
    )


def inventory(
    seed: int = 1, count: int | None = None, *, interval: float | None = None
) -> list[Device]:
    """Give the named devices, or any number: the first of them, or further ones behind them.

    `interval` makes every device send as often as that, in seconds.
    """
    named = bernau.devices(seed)
    wanted = len(named) if count is None else count
    further = [_further(seed, place) for place in range(wanted - len(named))]
    chosen = named[:wanted] + further
    return chosen if interval is None else [replace(d, interval=interval) for d in chosen]


def build(
    seed: int = 1,
    devices: int | None = None,
    *,
    clock: Clock | None = None,
    interval: float | None = None,
) -> Town:
    """Build a town; see `inventory`."""
    return Town(inventory(seed, devices, interval=interval), clock=clock, seed=seed)
