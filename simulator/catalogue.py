"""Makers, models, device profiles and applications that the town has on its server."""

from .inventory import Application, Model, Profile, Vendor
from .noise import text_salt, uuid


def _id(name: str) -> str:
    return uuid(text_salt(name), 401)


BUILDINGS = Application(
    id=_id("Gebäude"), name="Gebäude", description="Zähler der städtischen Liegenschaften"
)
VISITORS = Application(
    id=_id("Besucher"), name="Besucher", description="Zählstellen in Altstadt und Bahnhofsumfeld"
)

_MILESIGHT = Vendor(id=_id("Milesight"), name="Milesight", number=601)
"""As in ChirpStack's own catalogue (github.com/chirpstack/lorawan-device-profiles)."""


def _milesight(model: str, *, decodes: bool = False, class_c: bool = False) -> Profile:
    name = f"Milesight {model}"
    return Profile(
        id=_id(f"profile {name}"),
        name=name,
        model=Model(id=_id(name), name=name, vendor=_MILESIGHT),
        decodes=decodes,
        class_c=class_c,
    )


EM300_DI = _milesight("EM300-DI", decodes=True)
VS350 = _milesight("VS350")
VS133 = _milesight("VS133", decodes=True, class_c=True)
CMI4110 = Profile(id=_id("CMi4110"), name="Elvaco CMi4110", tags={"lieferant": "Elvaco"})
QALCOSONIC_W1 = Profile(id=_id("W1"), name="Qalcosonic W1")
KLAX = Profile(id=_id("KLAX"), name="Stromzähler Lesekopf 15 min")
"""Made by hand: its name tells no model."""
ULTRASONIC = Profile(id=_id("Ultraschall"), name="Ultraschall Trinkwasser", decodes=True)
"""Made by hand, with a codec of the maker: nobody else knows the format."""
PULSE = Profile(id=_id("Impuls"), name="Impulsadapter Gas")
"""Made by hand; its devices carry a tag `model`."""
PCR2 = Profile(id=_id("PCR2"), name="PCR2")
