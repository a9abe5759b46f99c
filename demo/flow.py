"""Go through the integration's own config flow, as a person would in the dialog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .home_assistant import HomeAssistant
from .process import DemoError, say

DOMAIN: Final = "bernau_smartcity"
STEPS_LIMIT: Final = 10
FLOW: Final = "/api/config/config_entries/flow"
SUBENTRIES: Final = "/api/config/config_entries/subentries/flow"
_OPTIONS: Final = "/api/config/config_entries/options/flow"

type Field = Mapping[str, Any]
"""A field of a form as Home Assistant describes it to its frontend."""


def options(field: Field) -> list[str]:
    """Give what a list offers to choose from; nothing for other fields."""
    offered = field.get("selector", {}).get("select", {}).get("options", [])
    return [option["value"] if isinstance(option, Mapping) else option for option in offered]


def answer(
    fields: Sequence[Field], known: Mapping[str, Any], left: Sequence[str]
) -> dict[str, Any]:
    """Fill in a form.

    A field whose value is known gets it (of a list, what ends with it), a list
    of several is ticked completely, what is suggested stays, and a list without a suggestion gets
    the first of the choices that are left over.
    """
    filled: dict[str, Any] = {}
    for field in fields:
        name = field["name"]
        offered = options(field)
        suggested = (field.get("description") or {}).get("suggested_value", field.get("default"))
        if field.get("type") == "expandable":
            filled[name] = answer(field["schema"], known, left)
        elif name in known:
            ends = [each for each in offered if each.endswith(known[name])]
            filled[name] = known[name] if known[name] in offered or not ends else ends[0]
        elif field.get("selector", {}).get("select", {}).get("multiple"):
            filled[name] = offered
        elif suggested is not None:
            filled[name] = suggested
        elif fitting := [choice for choice in left if choice in offered]:
            filled[name] = fitting[0]
    return filled


async def approve(hass: HomeAssistant, entry_id: str, device: str) -> bool:
    """Approve what is proposed for the fields that the network server decodes of a device.

    Gives False as long as nothing was received of it.
    """
    step = await hass.rest("POST", _OPTIONS, {"handler": entry_id})
    body: dict[str, Any] = {"next_step_id": "mapping"}
    for _ in range(STEPS_LIMIT):
        step = await hass.rest("POST", f"{_OPTIONS}/{step['flow_id']}", body)
        if step["type"] != "form":
            return bool(step["type"] == "create_entry")
        fields = step["data_schema"]
        if step.get("errors"):
            message = f"The fields were refused: {step['errors']}"
            raise DemoError(message)
        offered = [label for field in fields for label in options(field) if device in label]
        if step["step_id"] == "mapping" and not offered:
            return False
        body = {fields[0]["name"]: offered[0]} if offered else answer(fields, {}, ())
    message = f"The approval did not come to an end: {step}"
    raise DemoError(message)


def suggestions(fields: Sequence[Field]) -> set[str]:
    """Give everything that a form suggests by itself."""
    found: set[str] = set()
    for field in fields:
        found |= suggestions(field.get("schema", ()))
        suggested = (field.get("description") or {}).get("suggested_value")
        if isinstance(suggested, str):
            found.add(suggested)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """A dialog, and what is entered in it."""

    path: str
    handler: str | Sequence[str]
    known: Mapping[str, Any]
    choice: str = ""
    """In its menu."""
    decoders: Sequence[str] = ()
    """Those of the devices in the town."""


async def set_up(hass: HomeAssistant, known: Mapping[str, str], decoders: Sequence[str]) -> str:
    """Set the integration up and give the identity of its entry.

    Where the form detects no decoder, the one that it detects nowhere is the
    one to choose.
    """
    dialog = Dialog(path=FLOW, handler=DOMAIN, known=known, choice="server", decoders=decoders)
    return await _gone_through(hass, dialog)


async def set_up_analytics(hass: HomeAssistant, name: str) -> str:
    """Set visitor analytics up and give the identity of its entry."""
    dialog = Dialog(path=FLOW, handler=DOMAIN, known={"name": name}, choice="analytics")
    return await _gone_through(hass, dialog)


async def add(hass: HomeAssistant, entry_id: str, kind: str, known: Mapping[str, Any]) -> None:
    """Add a part to an entry."""
    await _gone_through(hass, Dialog(path=SUBENTRIES, handler=[entry_id, kind], known=known))


async def _gone_through(hass: HomeAssistant, dialog: Dialog) -> str:
    """Go through a dialog to its end; gives the identity of the entry that it made, if any.

    What a dialog of a part points out is accepted: it gets the same answers once more.
    """
    begin = {"handler": dialog.handler, "show_advanced_options": False}
    step = await hass.rest("POST", dialog.path, begin)
    told: list[Any] = []
    for _ in range(STEPS_LIMIT):
        if step["type"] == "create_entry":
            return str(step["result"]["entry_id"]) if dialog.path == FLOW else ""
        if step["type"] == "menu":
            body: dict[str, Any] = {"next_step_id": dialog.choice}
        elif step["type"] == "form":
            if (errors := step.get("errors")) and (dialog.path == FLOW or errors in told):
                message = f"The set-up was refused in step {step['step_id']}: {errors}"
                raise DemoError(message)
            told.append(errors)
            fields = step["data_schema"]
            found = suggestions(fields)
            left = [codec for codec in dialog.decoders if codec not in found]
            body = answer(fields, dialog.known, left)
        else:
            break
        if dialog.path == FLOW:
            say(f"  set-up, step “{step['step_id']}”")
        step = await hass.rest("POST", f"{dialog.path}/{step['flow_id']}", body)
    message = f"The set-up did not come to an end: {step}"
    raise DemoError(message)
