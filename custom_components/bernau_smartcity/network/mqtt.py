"""What a broker passes on of ChirpStack or The Things Stack, through Home Assistant's own MQTT.

Like any server that only sends: what is sent while nobody listens is lost.
"""

from typing import Final

from ..model import Field, ServerType
from .push_only import connect, pushed

SERVER: Final = ServerType(
    key="mqtt",
    name="MQTT (ChirpStack, The Things Stack)",
    required=(Field.TOPIC,),
    addresses=("application/+/device/+/event/up", "v3/+/devices/+/up"),
    connect=connect,
    pushed=pushed,
    polled=False,
)
