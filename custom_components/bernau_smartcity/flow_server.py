"""What the flows ask a network server, and how its refusals reach a form."""

from collections import Counter
from collections.abc import AsyncIterator, Container, Iterable, Mapping
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

from .const import CONF_SCOPES, CONF_SERVER, DOMAIN, LOGGER
from .model import Connection, Field, NetworkError, Reason, ServerType

SELECTORS: Final = {
    Field.URL: TextSelector(TextSelectorConfig(type=TextSelectorType.URL, autocomplete="url")),
    Field.API_KEY: TextSelector(
        TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
    ),
    Field.TENANT: TextSelector(),
}

_FIELD_OF_REASON: Final = {
    Reason.ADDRESS_INVALID: Field.URL,
    Reason.NAME_UNKNOWN: Field.URL,
    Reason.CONNECTION_REFUSED: Field.URL,
    Reason.TIMEOUT: Field.URL,
    Reason.TLS_NEEDED: Field.URL,
    Reason.TLS_NOT_OFFERED: Field.URL,
    Reason.CERTIFICATE: Field.URL,
    Reason.NOT_THIS_SERVER: Field.URL,
    Reason.KEY_REJECTED: Field.API_KEY,
    Reason.KEY_WITHOUT_RIGHTS: Field.API_KEY,
    Reason.TENANT_NEEDED: Field.TENANT,
    Reason.TENANT_UNKNOWN: Field.TENANT,
}
"""Where a reason is shown, if the form has the field; else above the form."""

EXAMPLES: Final = {
    "example": "`https://chirpstack.example.org`",
    "example_port": "`http://192.168.1.20:8080`",
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


def server_schema(fields: Iterable[Field], optional: Container[Field]) -> probatio.Schema:
    """Build the form of the fields that a server needs."""
    schema: dict[probatio.Marker, TextSelector] = {}
    for field in fields:
        marker = probatio.Optional if field in optional else probatio.Required
        name = probatio.Secret(field.value) if field is Field.API_KEY else field.value
        schema[marker(name)] = SELECTORS[field]
    return probatio.Schema(schema)


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
    hass: HomeAssistant, server_key: str, values: Mapping[str, str], entry_id: str = ""
) -> dict[str, str]:
    """Give applications of the same server that other entries read, with their titles."""
    host = _split(values[Field.URL]).hostname  # the port may be written or left out
    return {
        scope: entry.title
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.entry_id != entry_id
        and entry.data[CONF_SERVER] == server_key
        and _split(entry.data[Field.URL]).hostname == host
        for scope in entry.options[CONF_SCOPES]
    }


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a form must never show again."""
    return {name: value for name, value in values.items() if name != Field.API_KEY}


def cleaned(values: Mapping[str, str]) -> dict[str, str]:
    """Drop the blanks that pasting brings along, and fields left empty."""
    return {name: value.strip() for name, value in values.items() if value.strip()}


def title(server: ServerType, values: Mapping[str, str]) -> str:
    """Name an entry by its server."""
    return f"{server.name} {_split(values[Field.URL]).hostname}"


def unique_id(server: ServerType, values: Mapping[str, str]) -> str:
    """Identify an entry: one server, and of it one tenant or all."""
    parts = _split(values[Field.URL])
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
    tenant = values.get(Field.TENANT, "all").lower()
    return f"{server.key}:{parts.hostname}:{port}/{tenant}"


def _split(url: str) -> SplitResult:
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
    _split(values[Field.URL])  # an address that cannot be read is refused before it is used
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
    fields: Container[str] = (),
) -> Mapping[str, str]:
    """Give the applications that can be read, or add an error."""
    names: Mapping[str, str] = {}
    async with told_in(errors, fields), opened(hass, server, values) as connection:
        names = await connection.scopes()
    if not names and not errors:
        errors["base"] = Reason.NO_APPLICATIONS.value
    return names


@asynccontextmanager
async def told_in(errors: dict[str, str], fields: Container[str] = ()) -> AsyncIterator[None]:
    """Turn every failure into an error of the form.

    Stands before `opened` instead of inside it, because making the connection
    may fail already, and a context manager that never began cannot be left.
    """
    try:
        yield
    except NetworkError as error:
        LOGGER.debug("Network server could not be used: %s", error)
        field = str(_FIELD_OF_REASON.get(error.reason, "base"))
        errors[field if field in fields else "base"] = error.reason.value
    except Exception as error:  # noqa: BLE001  a person waits for an answer, whatever went wrong
        # Only type and place: the text of a library's error may quote the key.
        LOGGER.error(
            "Unexpected %s while asking the network server\n%s",
            type(error).__name__,
            "".join(traceback.format_tb(error.__traceback__)),
        )
        errors["base"] = "unknown"
