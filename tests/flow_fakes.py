"""The fake network server as the flows meet it: with a tenant, and refusing for any reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, override

from aiohttp import ClientSession
from homeassistant.config_entries import ConfigFlowResult
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import (
    Connection,
    Device,
    Field,
    NetworkError,
    Reason,
    ServerType,
)

from .fake_network import API_KEY, FakeNetwork

CREDENTIALS = {"url": "http://lora.example:8080", "api_key": API_KEY, "tenant": "7e0d"}
IMPULSE = "Impulse Keller (1)"
W1 = "Qalcosonic W1 (2)"


def device(number: int, **more: Any) -> Device:
    """Make a device; name, scope, profile and tags can be given."""
    given = {"name": f"Gerät {number}", "scope": "app-w", **more}
    return Device(dev_eui=f"{number:016x}", **given)


def _applications() -> dict[str, str]:
    return {"app-w": "Wasser", "app-s": "Strom", "app-b": "Besucher"}


def _devices() -> list[Device]:
    return [
        device(1, profile="p-w1", profile_name="Qalcosonic W1"),
        device(2, profile="p-w1", profile_name="Qalcosonic W1"),
        device(3, profile="p-di", profile_name="Impulse Keller", tags={"building": "Rathaus"}),
        device(4),
    ]


@dataclass
class FlowNetwork(FakeNetwork):
    """A network server with tenants that counts how often it was opened."""

    applications: dict[str, str] = field(default_factory=_applications)
    inventory: list[Device] = field(default_factory=_devices)
    error_at_connect: NetworkError | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    """With which it was opened the last time."""
    opened: int = 0

    def refuse(self, reason: Reason | None) -> None:
        """Give this reason from now on, or None to answer again."""
        self.error = None if reason is None else NetworkError(reason, "detail for the log")

    @override
    def connect(self, _fields: Mapping[str, str], _session: ClientSession) -> Connection:
        if self.error_at_connect is not None:
            raise self.error_at_connect
        self.values = dict(_fields)
        self.opened += 1
        return super().connect(_fields, _session)

    @property
    @override
    def server_type(self) -> ServerType:
        return self.named("fake", "Fake")

    def named(self, key: str, name: str) -> ServerType:
        """Give it as a kind of network server of this name."""
        return ServerType(
            key=key,
            name=name,
            required=(Field.URL, Field.API_KEY),
            optional=(Field.TENANT,),
            connect=self.connect,
        )


def fields(result: ConfigFlowResult, part: str = "") -> dict[str, Any]:
    """Give the suggested values of a form, or of a section of it, by field."""
    schema = result["data_schema"]
    assert schema is not None
    inner = schema.schema[part].schema.schema if part else schema.schema
    return {str(key): (key.description or {}).get("suggested_value") for key in inner}


def offered(result: ConfigFlowResult, name: str) -> list[Any]:
    """Give the options of a list as Home Assistant's frontend gets them."""
    schema = result["data_schema"]
    assert schema is not None
    return list(schema.schema[name].config["options"])


def choices(result: ConfigFlowResult, name: str) -> dict[str, str]:
    """Give the label of each option of a list, in the order of the list."""
    return {option["value"]: option["label"] for option in offered(result, name)}


def words(result: ConfigFlowResult) -> dict[str, str]:
    """Give the words that the texts of a form are completed with."""
    return dict(result["description_placeholders"] or {})


def entry(**more: Any) -> MockConfigEntry:
    """Make an entry as the flow makes it."""
    options = {"scopes": ["app-w"], "profiles": {}, "devices": {}, **more.pop("options", {})}
    given: dict[str, Any] = {
        "domain": DOMAIN,
        "title": "Fake lora.example",
        "unique_id": "fake:lora.example:8080/7e0d",
        "data": {"server": "fake", **CREDENTIALS},
        "options": options,
        **more,
    }
    return MockConfigEntry(**given)
