"""What the flows ask a network server, and how its refusals reach a form."""

from collections import Counter
from collections.abc import AsyncIterator, Container, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
import traceback
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio

from ..const import CONF_SCOPES, CONF_SERVER, DOMAIN, LOGGER
from ..model import Connection, Field, NetworkError, Reason, Role, ServerType

_SELECTORS: Final[Mapping[Role, TextSelector]] = {
    Role.ADDRESS: TextSelector(TextSelectorConfig(type=TextSelectorType.URL, autocomplete="url")),
    Role.KEY: TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")),
    Role.TENANT: TextSelector(),
    Role.TOPIC: TextSelector(),
}

_ROLE_OF_REASON: Final = {
    Reason.ADDRESS_INVALID: Role.ADDRESS,
    Reason.NAME_UNKNOWN: Role.ADDRESS,
    Reason.CONNECTION_REFUSED: Role.ADDRESS,
    Reason.TIMEOUT: Role.ADDRESS,
    Reason.TLS_NEEDED: Role.ADDRESS,
    Reason.TLS_NOT_OFFERED: Role.ADDRESS,
    Reason.CERTIFICATE: Role.ADDRESS,
    Reason.NOT_THIS_SERVER: Role.ADDRESS,
    Reason.KEY_REJECTED: Role.KEY,
    Reason.KEY_WITHOUT_RIGHTS: Role.KEY,
    Reason.TENANT_NEEDED: Role.TENANT,
    Reason.TENANT_UNKNOWN: Role.TENANT,
}
"""Where a reason is shown, if the form has the field; else above the form."""

EXAMPLES: Final = {
    "example": "`https://chirpstack.example.org`",
    "example_port": "`http://192.168.1.20:8080`",
    "example_cluster": "`https://stadt.eu1.cloud.thethings.industries`",
    "example_element": "`https://iot.stadtwerke.example`",
    "example_firefly": "`https://api.firefly.stadtwerke.example`",
    "example_everynet": "`https://ns.us.everynet.io`",
}
"""Words in the texts of every form with an address, in Markdown so that they are no links."""

_DEFAULT_PORTS: Final = {"https": 443}


def labels(names: Mapping[str, str]) -> dict[str, str]:
    """Give a readable and unmistakable label by identity, in order of the labels."""
    count = Counter(names.values())
    made = {
        key: name if name and count[name] == 1 else f"{name} [{key[:8]}]".strip()
        for key, name in names.items()
    }
    return dict(sorted(made.items(), key=lambda item: item[1].casefold()))


def select_options(names: Mapping[str, str]) -> list[SelectOptionDict]:
    """Build the options of a list from labels by value."""
    return [SelectOptionDict(value=key, label=label) for key, label in names.items()]


_SUGGESTED: Final = frozenset({Role.ADDRESS, Role.TOPIC})
"""Roles of the field for which a kind of server has proposals."""


def server_schema(
    server: ServerType, fields: Iterable[Field], optional: Container[Field]
) -> probatio.Schema:
    """Build the form of the fields that a server needs."""
    schema: dict[probatio.Marker, TextSelector | SelectSelector] = {}
    for field in fields:
        marker = probatio.Optional if field in optional else probatio.Required
        name = probatio.Secret(field.value) if field.role is Role.KEY else field.value
        suggested = server.addresses if field.role in _SUGGESTED else ()
        schema[marker(name)] = _suggesting(suggested) if suggested else _SELECTORS[field.role]
    return probatio.Schema(schema)


def _suggesting(addresses: Sequence[str]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=list(addresses), custom_value=True, mode=SelectSelectorMode.DROPDOWN
        )
    )


def applications_schema(names: Mapping[str, str]) -> probatio.Schema:
    """Build the form in which applications are ticked, by label."""
    choice = SelectSelectorConfig(
        options=select_options(names), multiple=True, mode=SelectSelectorMode.LIST
    )
    return probatio.Schema({probatio.Required(CONF_SCOPES, default=list): SelectSelector(choice)})


def refused(
    scopes: Iterable[str], names: Mapping[str, str], used: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Tell the errors of a choice of applications, and the words in their texts."""
    nothing = {"application": "", "entry": ""}
    if not scopes:
        return {CONF_SCOPES: "application_needed"}, nothing
    for scope in scopes:
        if scope in used:
            words = {"application": names.get(scope, scope), "entry": used[scope]}
            return {CONF_SCOPES: "application_used"}, words
    return {}, nothing


def used_elsewhere(
    hass: HomeAssistant, server: ServerType, values: Mapping[str, str], entry_id: str = ""
) -> dict[str, str]:
    """Give applications of the same server that other entries read, with their titles."""
    host = _address(server, values).hostname  # the port may be written or left out
    return {
        scope: entry.title
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.entry_id != entry_id
        and entry.data.get(CONF_SERVER) == server.key
        and _address(server, entry.data).hostname == host
        for scope in entry.options[CONF_SCOPES]
    }


def without_secrets(server: ServerType, values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a form must never show again."""
    key = server.field(Role.KEY)
    return {name: value for name, value in values.items() if name != key}


def cleaned(values: Mapping[str, str]) -> dict[str, str]:
    """Drop the blanks that pasting brings along, and fields left empty."""
    return {name: value.strip() for name, value in values.items() if value.strip()}


def title(server: ServerType, values: Mapping[str, str]) -> str:
    """Name an entry by its server."""
    return f"{server.name} {_address(server, values).hostname}"


def unique_id(server: ServerType, values: Mapping[str, str], scopes: Iterable[str]) -> str:
    """Identify an entry: one server, and of it some applications, which no other entry reads."""
    parts = _address(server, values)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
    return f"{server.key}:{parts.hostname}:{port}/{min(scopes, default='')}"


def _address(server: ServerType, values: Mapping[str, str]) -> SplitResult:
    url = server.value(Role.ADDRESS, values)
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        valid = parts.hostname and parts.port != 0
    except ValueError as error:
        raise NetworkError(Reason.ADDRESS_INVALID) from error
    if not valid:
        raise NetworkError(Reason.ADDRESS_INVALID)
    return parts


@asynccontextmanager
async def opened(
    hass: HomeAssistant, server: ServerType, values: Mapping[str, str]
) -> AsyncIterator[Connection]:
    """Open a connection for a few questions and close it whatever happens."""
    if server.field(Role.ADDRESS) is not None:
        _address(server, values)  # one that cannot be read is refused before it is used
    connection = server.connect(values, async_get_clientsession(hass))
    try:
        yield connection
    finally:
        await connection.close()


async def async_applications(
    hass: HomeAssistant,
    server: ServerType,
    values: Mapping[str, str],
    errors: dict[str, str],
    fields: Iterable[Field] = (),
) -> Mapping[str, str]:
    """Give the applications that can be read, or add an error."""
    names: Mapping[str, str] = {}
    async with told_in(errors, fields), opened(hass, server, values) as connection:
        names = await connection.scopes()
    if not names and not errors:
        errors["base"] = Reason.NO_APPLICATIONS.value
    return names


@asynccontextmanager
async def told_in(errors: dict[str, str], fields: Iterable[Field] = ()) -> AsyncIterator[None]:
    """Turn every failure into an error of the form.

    Stands before `opened` instead of inside it, because making the connection
    may fail already, and a context manager that never began cannot be left.
    """
    try:
        yield
    except NetworkError as error:
        LOGGER.debug("Network server could not be used: %s", error)
        role = _ROLE_OF_REASON.get(error.reason)
        field = next((field.value for field in fields if field.role is role), "base")
        errors[field] = error.reason.value
    except Exception as error:  # noqa: BLE001  a person waits for an answer, whatever went wrong
        # Only type and place: the text of a library's error may quote the key.
        LOGGER.error(
            "Unexpected %s while asking the network server\n%s",
            type(error).__name__,
            "".join(traceback.format_tb(error.__traceback__)),
        )
        errors["base"] = "unknown"
