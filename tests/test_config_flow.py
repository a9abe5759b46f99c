"""Setting up, authenticating anew and moving a network server."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest

from custom_components.bernau_smartcity import config_flow
from custom_components.bernau_smartcity.const import DOMAIN
from custom_components.bernau_smartcity.model import NetworkError, Reason
from custom_components.bernau_smartcity.network import SERVERS
from simulator import http
from simulator.build import build
from simulator.chirpstack import Options, Role, api_key, serve
from simulator.clock import Clock
from simulator.servers import HTTP
from simulator.the_things_stack import TheThingsStack

from .fake_network import API_KEY
from .flow_fakes import (
    CREDENTIALS,
    IMPULSE,
    W1,
    FlowNetwork,
    choices,
    device,
    entry,
    fields,
    offered,
    words,
)

PACKAGE = "custom_components.bernau_smartcity"
NOW = "2026-10-02T08:00Z"
"""When the servers of the simulator stand still: there is but a day that they hold."""

FIELD_OF_REASON = {
    Reason.ADDRESS_INVALID: "url",
    Reason.NAME_UNKNOWN: "url",
    Reason.CONNECTION_REFUSED: "url",
    Reason.TIMEOUT: "url",
    Reason.TLS_NEEDED: "url",
    Reason.TLS_NOT_OFFERED: "url",
    Reason.CERTIFICATE: "url",
    Reason.NOT_THIS_SERVER: "url",
    Reason.SERVER_TOO_OLD: "base",
    Reason.SERVER_ERROR: "base",
    Reason.KEY_REJECTED: "api_key",
    Reason.KEY_WITHOUT_RIGHTS: "api_key",
    Reason.TENANT_NEEDED: "tenant",
    Reason.TENANT_UNKNOWN: "tenant",
    Reason.NO_APPLICATIONS: "base",
    Reason.RATE_LIMITED: "base",
    Reason.STORAGE_DISABLED: "base",
}


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> FlowNetwork:
    """Put a server that can be told what to answer in place of the real ones."""
    made = FlowNetwork()
    monkeypatch.setattr(config_flow, "SERVERS", {"fake": made.server_type})
    return made


@pytest.fixture(autouse=True)
def set_up() -> Iterator[AsyncMock]:
    """Leave out what happens after the flow."""
    with patch(f"{PACKAGE}.async_setup_entry", return_value=True) as mock:
        yield mock


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Begin as the button "add integration" does, and choose a network server."""
    flow = hass.config_entries.flow
    result = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "user")
    return await flow.async_configure(result["flow_id"], {"next_step_id": "server"})


async def send(
    hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]
) -> ConfigFlowResult:
    """Send a form."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


async def test_complete(hass: HomeAssistant, network: FlowNetwork, set_up: AsyncMock) -> None:
    """From the address to the entry: every choice arrives where it belongs."""
    result = await begin(hass)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "credentials")
    assert list(fields(result)) == ["url", "api_key", "tenant"]

    pasted = {name: f" {value}\n" for name, value in CREDENTIALS.items()}
    result = await send(hass, result, pasted)
    assert result["step_id"] == "applications"
    assert fields(result) == {"scopes": []}
    assert list(choices(result, "scopes").values()) == ["Besucher", "Strom", "Wasser"]

    result = await send(hass, result, {"scopes": ["app-w", "app-s"]})
    assert result["step_id"] == "decoders"
    assert fields(result, "open") == {IMPULSE: None}
    assert fields(result, "assigned") == {W1: "axioma_qalcosonic_w1"}

    result = await send(
        hass,
        result,
        {
            "open": {IMPULSE: "none"},
            "assigned": {W1: "axioma_qalcosonic_w1"},
        },
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Fake lora.example"
    assert result["data"] == {"server": "fake", **CREDENTIALS}
    assert result["options"] == {
        "scopes": ["app-w", "app-s"],
        "profiles": {"p-di": "none"},
        "devices": {},
    }
    assert result["result"].unique_id == "fake:lora.example:8080/app-s"
    assert (result["version"], result["minor_version"]) == (1, 1)
    assert len(set_up.mock_calls) == 1
    assert (network.opened, network.closed) == (2, 2)


async def test_choice_of_server(
    hass: HomeAssistant, network: FlowNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where several kinds of server are known, the first question is which."""
    servers = {key: network.named(key, key.title()) for key in ("one", "two")}
    monkeypatch.setattr(config_flow, "SERVERS", servers)
    result = await begin(hass)
    assert result["step_id"] == "server"
    assert fields(result) == {"server": None}
    result = await send(hass, result, {"server": "two"})
    assert result["step_id"] == "credentials"
    assert words(result)["server"] == "Two"
    result = await send(hass, result, CREDENTIALS)
    result = await send(hass, result, {"scopes": ["app-s"]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["server"] == "two"


@pytest.mark.parametrize("reason", Reason)
async def test_credentials_refused(
    hass: HomeAssistant, network: FlowNetwork, reason: Reason, caplog: pytest.LogCaptureFixture
) -> None:
    """Each reason is shown at its field, with a text; the next try succeeds."""
    result = await begin(hass)
    network.refuse(reason)
    result = await send(hass, result, CREDENTIALS)
    assert result["step_id"] == "credentials"
    assert result["errors"] == {FIELD_OF_REASON[reason]: reason.value}
    assert fields(result) == {
        "url": CREDENTIALS["url"],
        "api_key": None,
        "tenant": CREDENTIALS["tenant"],
    }

    network.refuse(None)
    result = await send(hass, result, CREDENTIALS)
    assert result["step_id"] == "applications"
    assert (network.opened, network.closed) == (2, 2)
    assert API_KEY not in caplog.text


@pytest.mark.parametrize(
    "address", ["http://", "http://lora:0", "http://lora:nonsense", "http://["]
)
async def test_address_unreadable(hass: HomeAssistant, network: FlowNetwork, address: str) -> None:
    """An address that names no host and port is refused before anything is sent."""
    result = await send(hass, await begin(hass), {**CREDENTIALS, "url": address})
    assert result["errors"] == {"url": "address_invalid"}
    assert not network.opened
    result = await send(hass, result, CREDENTIALS)
    assert result["step_id"] == "applications"


async def test_no_applications(hass: HomeAssistant, network: FlowNetwork) -> None:
    """A server without applications has nothing to pick from."""
    full, network.applications = network.applications, {}
    result = await send(hass, await begin(hass), CREDENTIALS)
    assert result["errors"] == {"base": "no_applications"}
    network.applications = full
    result = await send(hass, result, CREDENTIALS)
    assert result["step_id"] == "applications"


async def test_refused_while_connecting(hass: HomeAssistant, network: FlowNetwork) -> None:
    """A connection that cannot even be made is an error of the form as well."""
    network.error_at_connect = NetworkError(Reason.CERTIFICATE)
    result = await send(hass, await begin(hass), CREDENTIALS)
    assert result["errors"] == {"url": "certificate"}
    network.error_at_connect = None
    result = await send(hass, result, CREDENTIALS)
    assert result["step_id"] == "applications"


async def test_unexpected_error(
    hass: HomeAssistant, network: FlowNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody thought of is logged once, with its place and without the key."""
    result = await begin(hass)
    with patch.object(network, "scopes", side_effect=ValueError(f"bad header: Bearer {API_KEY}")):
        result = await send(hass, result, CREDENTIALS)
    assert result["errors"] == {"base": "unknown"}
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "ValueError" in record.getMessage()
    assert "in async_applications" in record.getMessage()
    assert API_KEY not in caplog.text
    assert (network.opened, network.closed) == (1, 1)
    result = await send(hass, result, CREDENTIALS)
    assert result["step_id"] == "applications"


@pytest.mark.parametrize(
    "url",
    [
        "http://lora.example:8080",
        "lora.example:8080",
        "HTTP://Lora.Example:8080/#/tenants",
        "https://lora.example",
    ],
)
async def test_nothing_left(hass: HomeAssistant, network: FlowNetwork, url: str) -> None:
    """Each application is set up once, however the address of its server is written."""
    entry(options={"scopes": list(network.applications)}).add_to_hass(hass)
    result = await send(hass, await begin(hass), {**CREDENTIALS, "url": url})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert network.values["tenant"] == CREDENTIALS["tenant"]


@pytest.mark.usefixtures("network")
async def test_second_entry(hass: HomeAssistant) -> None:
    """A large town gives other applications of its tenant an entry of their own."""
    entry(title="Fake lora.example").add_to_hass(hass)
    result = await send(hass, await begin(hass), CREDENTIALS)
    result = await send(hass, result, {"scopes": ["app-b", "app-s"]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Fake lora.example (Besucher, Strom)"
    assert result["result"].unique_id == "fake:lora.example:8080/app-b"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("lora.example", "lora.example:80"),
        ("https://lora.example", "lora.example:443"),
        ("http://[fd00::1]:8080", "fd00::1:8080"),
    ],
)
@pytest.mark.usefixtures("network")
async def test_identity(hass: HomeAssistant, url: str, host: str) -> None:
    """The address is written in one way in what tells entries apart."""
    result = await send(hass, await begin(hass), {**CREDENTIALS, "url": url})
    result = await send(hass, result, {"scopes": ["app-s"]})
    assert result["result"].unique_id == f"fake:{host}/app-s"


@pytest.mark.usefixtures("network")
async def test_left_half_way(hass: HomeAssistant) -> None:
    """Who closed the browser begins anew; what was left cannot read the same once more."""
    left = await send(hass, await begin(hass), CREDENTIALS)
    assert left["step_id"] == "applications"
    result = await send(hass, await begin(hass), CREDENTIALS)
    result = await send(hass, result, {"scopes": ["app-s"]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    left = await send(hass, left, {"scopes": ["app-s"]})
    assert left["errors"] == {"scopes": "application_used"}
    hass.config_entries.flow.async_abort(left["flow_id"])
    assert hass.config_entries.flow.async_progress() == []


@pytest.mark.usefixtures("network")
async def test_application_of_another_entry(hass: HomeAssistant) -> None:
    """An application is read by one entry; the error names it, and the next choice is taken."""
    entry(title="Stadtwerke").add_to_hass(hass)
    entry(
        title="Anderswo",
        unique_id="fake:other.example:8080/all",
        data={"server": "fake", **CREDENTIALS, "url": "http://other.example:8080"},
        options={"scopes": ["app-s"]},
    ).add_to_hass(hass)
    result = await send(
        hass, await begin(hass), {"url": "http://lora.example:8080", "api_key": API_KEY}
    )
    assert result["step_id"] == "applications"

    result = await send(hass, result, {"scopes": ["app-s", "app-w"]})
    assert result["errors"] == {"scopes": "application_used"}
    assert words(result)["application"] == "Wasser"
    assert words(result)["entry"] == "Stadtwerke"
    assert fields(result) == {"scopes": ["app-s", "app-w"]}

    result = await send(hass, result, {"scopes": []})
    assert result["errors"] == {"scopes": "application_needed"}

    result = await send(hass, result, {"scopes": ["app-s"]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == "fake:lora.example:8080/app-s"


@pytest.mark.parametrize(
    ("scopes", "ticked"),
    [({"app-s": "Strom"}, ["app-s"]), ({"app-s": "Strom", "app-w": "Wasser"}, ["app-s"])],
)
async def test_only_application_is_ticked(
    hass: HomeAssistant, network: FlowNetwork, scopes: dict[str, str], ticked: list[str]
) -> None:
    """Where just one application is left, it is the one that is wanted."""
    entry().add_to_hass(hass)
    network.applications = scopes
    result = await send(hass, await begin(hass), {**CREDENTIALS, "tenant": ""})
    assert fields(result) == {"scopes": ticked}


@pytest.mark.parametrize("reason", Reason)
async def test_devices_refused(hass: HomeAssistant, network: FlowNetwork, reason: Reason) -> None:
    """A failure while the devices are read is told, the choice kept, and the next try succeeds."""
    result = await send(hass, await begin(hass), CREDENTIALS)
    network.refuse(reason)
    result = await send(hass, result, {"scopes": ["app-w"]})
    assert result["step_id"] == "applications"
    assert result["errors"] == {"base": reason.value}
    assert fields(result) == {"scopes": ["app-w"]}
    network.refuse(None)
    result = await send(hass, result, {"scopes": ["app-w"]})
    assert result["step_id"] == "decoders"
    assert network.opened == network.closed > 0


async def test_same_names(hass: HomeAssistant, network: FlowNetwork) -> None:
    """Applications and profiles of one name can be told apart; a profile may have no name."""
    network.applications = {"11111111-a": "Zähler", "22222222-b": "Zähler"}
    profiles = (("33333333-c", "EM300-DI"), ("44444444-d", "EM300-DI"), ("55555555-e", ""))
    network.inventory = [
        device(number, scope="11111111-a", profile=key, profile_name=name)
        for number, (key, name) in enumerate(profiles)
    ]
    result = await send(hass, await begin(hass), CREDENTIALS)
    assert choices(result, "scopes") == {
        "11111111-a": "Zähler [11111111]",
        "22222222-b": "Zähler [22222222]",
    }
    result = await send(hass, result, {"scopes": ["11111111-a"]})
    assert [*fields(result, "assigned"), *fields(result, "open")] == [
        "EM300-DI [33333333] (1)",
        "EM300-DI [44444444] (1)",
        "[55555555] (1)",
    ]


@pytest.mark.usefixtures("network")
async def test_decoder_of_detected_profile(hass: HomeAssistant) -> None:
    """What is left as detected, or empty, is no choice; another decoder is one."""
    result = await send(hass, await begin(hass), CREDENTIALS)
    result = await send(hass, result, {"scopes": ["app-w"]})
    with pytest.raises(InvalidData):
        await send(hass, result, {"open": {IMPULSE: "no-such-codec"}, "assigned": {}})
    result = await send(hass, result, {"open": {}, "assigned": {W1: "klax"}})
    assert result["options"]["profiles"] == {"p-w1": "klax"}


async def test_mixed_profile_needs_a_choice(hass: HomeAssistant, network: FlowNetwork) -> None:
    """A profile with one device of unknown model is not shown as detected."""
    network.inventory = [
        device(1, profile="p", profile_name="Klasse A", tags={"model": "klax"}),
        device(2, profile="p", profile_name="Klasse A"),
        device(3, profile="q", profile_name="Klasse C", tags={"model": "klax"}),
        device(4, profile="q", profile_name="Klasse C", tags={"model": "axioma_qalcosonic_w1"}),
    ]
    result = await send(hass, await begin(hass), CREDENTIALS)
    result = await send(hass, result, {"scopes": ["app-w"]})
    assert fields(result, "open") == {"Klasse A (2)": None}
    assert fields(result, "assigned") == {"Klasse C (2)": None}
    result = await send(hass, result, {"open": {}, "assigned": {}})
    assert result["options"]["profiles"] == {}


async def test_reauth(hass: HomeAssistant, network: FlowNetwork) -> None:
    """A rejected key is replaced by one that works, and nothing else changes."""
    existing = entry()
    existing.add_to_hass(hass)
    result = await existing.start_reauth_flow(hass)
    assert result["step_id"] == "reauth_confirm"
    assert fields(result) == {"api_key": None}

    for reason in Reason:
        network.refuse(reason)
        result = await send(hass, result, {"api_key": "wrong"})
        at = "api_key" if FIELD_OF_REASON[reason] == "api_key" else "base"
        assert result["errors"] == {at: reason.value}

    network.refuse(None)
    network.applications = {"foreign": "Other tenant"}
    result = await send(hass, result, {"api_key": "of another tenant"})
    assert result["errors"] == {"base": "other_server"}
    assert words(result)["applications"] == "app-w"

    network.applications = {"app-w": "Wasser"}
    result = await send(hass, result, {"api_key": " new "})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    assert existing.data == {"server": "fake", **CREDENTIALS, "api_key": "new"}
    assert existing.unique_id == "fake:lora.example:8080/7e0d"
    await hass.async_block_till_done()
    assert network.opened == network.closed > 0


async def test_reconfigure(hass: HomeAssistant, network: FlowNetwork) -> None:
    """A server that moved is found again; key and own title stay, another server is refused."""
    existing = entry()
    existing.add_to_hass(hass)
    result = await existing.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    assert fields(result) == {
        "url": CREDENTIALS["url"],
        "api_key": None,
        "tenant": CREDENTIALS["tenant"],
    }

    moved = {"url": "https://new.example", "tenant": "7e0d"}
    for reason in Reason:
        network.refuse(reason)
        result = await send(hass, result, moved)
        assert result["errors"] == {FIELD_OF_REASON[reason]: reason.value}
        assert fields(result) == {**moved, "api_key": None}

    network.refuse(None)
    full, network.applications = network.applications, {"foreign": "Other server"}
    result = await send(hass, result, moved)
    assert result["errors"] == {"base": "other_server"}

    network.applications = full
    result = await send(hass, result, moved)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert existing.data == {"server": "fake", "api_key": API_KEY, **moved}
    assert existing.unique_id == "fake:new.example:443/app-w"
    assert existing.title == "Fake new.example"
    await hass.async_block_till_done()


@pytest.mark.usefixtures("network")
async def test_reconfigure_key_and_tenant(hass: HomeAssistant) -> None:
    """A new key is taken, an emptied tenant is forgotten, a title of one's own is kept."""
    existing = entry(title="Stadtwerke Bernau")
    existing.add_to_hass(hass)
    result = await existing.start_reconfigure_flow(hass)
    await send(hass, result, {"url": CREDENTIALS["url"], "api_key": "admin"})
    assert existing.data == {"server": "fake", "url": CREDENTIALS["url"], "api_key": "admin"}
    assert existing.unique_id == "fake:lora.example:8080/app-w"
    assert existing.title == "Stadtwerke Bernau"
    await hass.async_block_till_done()


@pytest.mark.usefixtures("network")
async def test_reconfigure_to_another_entry(hass: HomeAssistant) -> None:
    """Two entries never become one."""
    existing = entry()
    existing.add_to_hass(hass)
    there = {**CREDENTIALS, "url": "http://new.example:8080"}
    entry(unique_id="there", data={"server": "fake", **there}).add_to_hass(hass)
    result = await existing.start_reconfigure_flow(hass)
    result = await send(hass, result, {"url": "http://new.example:8080", "tenant": "7e0d"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert existing.data["url"] == CREDENTIALS["url"]


async def test_against_chirpstack(hass: HomeAssistant) -> None:
    """The whole way against a real gRPC server: wrong key, no tenant, then all that is there."""
    town = build(1, clock=Clock.standing("2026-11-20T08:00Z"))
    async with serve(town, Options(history=10, pause=0.02)) as server:
        result = await send(hass, await begin(hass), {"server": "chirpstack"})
        assert result["step_id"] == "credentials"
        given = {"url": server.url, "api_key": api_key(Role.DELETED), "tenant": server.tenant_id}
        result = await send(hass, result, given)
        assert result["errors"] == {"api_key": "key_rejected"}
        result = await send(hass, result, {"url": server.url, "api_key": server.api_key})
        assert result["errors"] == {"tenant": "tenant_needed"}

        given = {"url": server.url, "api_key": server.api_key, "tenant": server.tenant_id}
        result = await send(hass, result, given)
        found = choices(result, "scopes")
        assert len(found) > 1
        result = await send(hass, result, {"scopes": list(found)})
        assert result["step_id"] == "decoders"
        assert words(result)["devices"] == str(len(town.all_devices))
        assert "EM300-DI" in " ".join(fields(result, "assigned"))
        schema = result["data_schema"]
        assert schema is not None
        empty: dict[str, Any] = {str(part): {} for part in schema.schema}
        result = await send(hass, result, empty)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "ChirpStack 127.0.0.1"
    assert result["data"] == {"server": "chirpstack", **given}
    assert result["options"] == {"scopes": list(found), "profiles": {}, "devices": {}}


async def test_against_the_things_stack(hass: HomeAssistant) -> None:
    """Clusters are offered, a key is wrong, storage is off, then all that is there."""
    town = build(1, clock=Clock.standing(NOW))
    async with http.serve(town, TheThingsStack) as server:
        result = await send(hass, await begin(hass), {"server": "the_things_stack"})
        assert fields(result)["cluster"] == "https://eu1.cloud.thethings.network"
        assert len(offered(result, "cluster")) == 3
        given = server.credentials
        result = await send(hass, result, {**given, "cluster_key": "wrong"})
        assert result["errors"] == {"cluster_key": "key_rejected"}
        result = await send(hass, result, given)
        assert choices(result, "scopes") == {"besucher": "Besucher", "gebaeude": "Gebäude"}
        everything = {"scopes": ["besucher", "gebaeude"]}
        off = town.faults.add("not_stored")
        result = await send(hass, result, everything)
        assert result["errors"] == {"base": "storage_disabled"}
        town.faults.end(off.id)
        result = await send(hass, result, everything)
        assert words(result)["devices"] == str(len(town.all_devices))
        schema = result["data_schema"]
        assert schema is not None
        result = await send(hass, result, {str(part): {} for part in schema.schema})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["result"].unique_id == f"the_things_stack:127.0.0.1:{server.port}/besucher"

        # With the same key the rest of the applications could be read, but nothing is left.
        result = await send(hass, await begin(hass), {"server": "the_things_stack"})
        result = await send(hass, result, given)
        assert result["reason"] == "already_configured"


@pytest.mark.parametrize("name", ["zenner_element", "firefly", "everynet"])
async def test_against_other_servers(hass: HomeAssistant, name: str) -> None:
    """The form is what the server declares; a wrong key is told at its field."""
    town = build(1, clock=Clock.standing(NOW))
    address, key = SERVERS[name].required
    async with http.serve(town, HTTP[name]) as server:
        result = await send(hass, await begin(hass), {"server": name})
        assert fields(result)[address] in SERVERS[name].addresses
        given = server.credentials
        assert set(given) == {address, key}
        result = await send(hass, result, {**given, key: "wrong"})
        assert result["errors"] == {key: "key_rejected"}
        result = await send(hass, result, given)
        found = choices(result, "scopes")
        assert len(found) == 2
        result = await send(hass, result, {"scopes": list(found)})
        schema = result.get("data_schema")
        if schema is not None:  # not all models are told by tags
            assert words(result)["devices"] == str(len(town.all_devices))
            result = await send(hass, result, {str(part): {} for part in schema.schema})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["data"] == {"server": name, **given}
