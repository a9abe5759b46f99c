"""Makers, models, device profiles and applications that the town has on its server."""

from .inventory import Application, Device, Model, Profile, Vendor
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
VS121 = _milesight("VS121", class_c=True)
VS321 = _milesight("VS321")
VS360 = _milesight("VS360")
VS370 = _milesight("VS370")
VS373 = _milesight("VS373", class_c=True)
CMI4110 = Profile(id=_id("CMi4110"), name="Elvaco CMi4110", tags={"lieferant": "Elvaco"})
QALCOSONIC_W1 = Profile(id=_id("W1"), name="Qalcosonic W1")
KLAX = Profile(id=_id("KLAX"), name="Stromzähler Lesekopf 15 min")
"""Made by hand: its name tells no model."""
ULTRASONIC = Profile(id=_id("Ultraschall"), name="Ultraschall Trinkwasser", decodes=True)
"""Made by hand, with a codec of the maker: nobody else knows the format."""
PULSE = Profile(id=_id("Impuls"), name="Impulsadapter Gas")
"""Made by hand; its devices carry a tag `model`."""
PCR2 = Profile(id=_id("PCR2"), name="PCR2")


def _made_by_hand(name: str) -> Profile:
    return Profile(id=_id(f"profile {name}"), name=name)


TCR = _made_by_hand("TCR-LS")
TERABEE = _made_by_hand("Terabee People Flow Counting L-XL")
IMBUILDINGS = _made_by_hand("IMBuildings People Counter")
HKT = _made_by_hand("HKT People Counter")
YOSENSI = _made_by_hand("YO-PeopleCounter")
COMPTIPIX = _made_by_hand("ComptiPix 3D")
PEOPLESENSE = _made_by_hand("PeopleSense")
ERS_EYE = _made_by_hand("ERS Eye")
TBMS100 = _made_by_hand("TBMS100")
MS10 = _made_by_hand("MerryIoT Motion Detection")
SMART_ROOM = _made_by_hand("Tektelic Smart Room PIR")
STRIPS = _made_by_hand("Sensative Strips Lora Presence")
PAXCOUNTER = _made_by_hand("ESP32-Paxcounter")
NPS405 = _made_by_hand("NPS405")
NCC405 = _made_by_hand("NCC405")
LIBELIUM = _made_by_hand("Libelium Plug & Sense Smart Parking")
TPS110 = _made_by_hand("Bosch Parking Lot Sensor")
PLACEPOD = _made_by_hand("PlacePod")


def noted_model(device: Device) -> dict[str, str]:
    """Give what the town noted of the model of a device, where no device profile tells it.

    Nobody did so for the readers that are not known by their name anywhere.
    """
    return {} if device.codec in {"klax", "decoded"} else {"model": device.codec}
