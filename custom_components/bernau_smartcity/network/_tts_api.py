"""The calls of The Things Stack that are needed, over HTTP.

Source: thethingsindustries.com/docs/api, …/integrations/storage
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from ..model import NetworkError, Reason
from ._http import Http
from ._timeline_source import Of, Registered
from ._tts_uplinks import device_of

PAGE: Final = 1000
"""Rows of a page; more than this the identity server does not give."""
_STORAGE: Final = "storage-integration"
_FIELDS: Final = ",".join(
    f"up.uplink_message.{name}"
    for name in (
        *("session_key_id", "f_port", "f_cnt", "frm_payload", "decoded_payload"),
        *("app_s_key", "attributes", "rx_metadata"),
    )
)


@dataclass(frozen=True, slots=True)
class Page:
    """Stored uplinks, in order of receipt."""

    rows: list[dict[str, Any]]
    token: str
    """Leads to the next page; empty where the server gave none."""
    complete: bool
    """Nothing broke off."""


class Api:
    """The identity server and the application server of one cluster."""

    def __init__(self, identity: Http, cluster: Http) -> None:
        """Use both; they may be the same host."""
        self._identity = identity
        self._cluster = cluster

    async def application_of_key(self) -> str | None:
        """Give the application to which the key belongs, None where it is a person's."""
        found = (await self._identity.get("/api/v3/auth_info")).object()
        owner = _object(_object(found.get("api_key")).get("entity_ids"))
        application = _object(owner.get("application_ids")).get("application_id")
        return None if application is None else str(application)

    async def application_name(self, application: str) -> str:
        """Give the name of an application; its id where the key may not read it."""
        try:
            answer = await self._identity.get(
                f"/api/v3/applications/{quote(application)}", {"field_mask": "name"}
            )
        except NetworkError as error:
            if error.reason is not Reason.KEY_WITHOUT_RIGHTS:
                raise
            return application
        return str(answer.object().get("name") or application)

    async def applications(self) -> dict[str, str]:
        """Give the names of all applications that the key may see."""
        rows = self._pages("/api/v3/applications", "applications", "name")
        return {
            str(row["ids"]["application_id"]): str(row.get("name") or row["ids"]["application_id"])
            async for row in rows
            if isinstance(row.get("ids"), dict) and "application_id" in row["ids"]
        }

    async def devices(self, application: str) -> list[Registered]:
        """Give the registered devices of an application."""
        found: list[Registered] = []
        path = f"/api/v3/applications/{quote(application)}/devices"
        async for row in self._pages(path, "end_devices", "name,attributes,version_ids"):
            ids = {**_object(row.get("ids")), **_application(application)}
            if "device_id" in ids:
                found.append(Registered(str(ids["device_id"]), device_of(ids, row)))
        return found

    async def _pages(self, path: str, key: str, fields: str) -> AsyncIterator[dict[str, Any]]:
        page = 1
        while True:
            answer = await self._identity.get(
                path, {"field_mask": fields, "limit": PAGE, "page": page}
            )
            rows = answer.object().get(key, [])
            if not isinstance(rows, list):
                raise NetworkError(Reason.NOT_THIS_SERVER, f"{key} is no list")
            for row in rows:
                if isinstance(row, dict):
                    yield row
            if len(rows) < PAGE:
                return
            page += 1

    async def stores(self, application: str) -> bool | None:
        """Tell whether uplinks are retained, None where the key may not ask."""
        path = f"/api/v3/as/applications/{quote(application)}/packages/associations"
        try:
            answer = await self._cluster.get(path, {"field_mask": "package_name"})
            found = answer.object().get("defaults", [])
        except NetworkError as error:
            if error.reason in {Reason.KEY_WITHOUT_RIGHTS, Reason.NOT_THIS_SERVER}:
                return None
            raise
        names = {row.get("package_name") for row in found if isinstance(row, dict)}
        return _STORAGE in names

    async def uplinks(self, of: Of, after: datetime, before: datetime | None, token: str) -> Page:
        """Give a page of stored uplinks: those between two times, or where a token leads."""
        params: dict[str, str | int] = (
            {"continuation_token": token}
            if token
            else {
                "after": _text(after),
                "order": "received_at",
                "limit": PAGE,
                "field_mask": _FIELDS,
            }
        )
        if before is not None and not token:
            params["before"] = _text(before)
        (application,), device = of
        one = f"/devices/{quote(device)}" if device else ""
        path = f"/api/v3/as/applications/{quote(application)}{one}/packages/storage/uplink_message"
        answer = await self._cluster.get(path, params, accept="text/event-stream")
        lines, complete = answer.lines()
        rows = [row["result"] for row in lines if isinstance(row.get("result"), dict)]
        broken = any("error" in row for row in lines)
        token = answer.headers.get("X-Continuation-Token", "")
        return Page(rows, token, complete and not broken)


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _application(application: str) -> dict[str, Any]:
    return {"application_ids": {"application_id": application}}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
