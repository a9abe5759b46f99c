"""Keys of the network server and what they may do, with ChirpStack's codes and messages."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
import hashlib
import hmac
import json
import re
from typing import Any, NoReturn
from uuid import UUID

import grpc

from ..noise import uuid

_SECRET = b"simulated town"
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")
_EUI = re.compile(r"[0-9a-fA-F]{16}")

type Context = grpc.aio.ServicerContext[Any, Any]


class Role(StrEnum):
    """What a key may see."""

    ADMIN = "admin"
    TENANT = "tenant"
    OTHER_TENANT = "other_tenant"
    """A key that is good, but for another tenant: it has no right here."""
    DELETED = "deleted"
    """Well signed, but no longer known."""


def _part(content: Mapping[str, str]) -> str:
    encoded = json.dumps(content, separators=(",", ":")).encode()
    return urlsafe_b64encode(encoded).rstrip(b"=").decode()


def _signature(text: str) -> str:
    digest = hmac.new(_SECRET, text.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def api_key(role: Role) -> str:
    """Make the token of a key, as ChirpStack signs it."""
    claims = {"aud": "chirpstack", "iss": "chirpstack", "sub": _subject(role), "typ": "key"}
    text = f"{_part({'typ': 'JWT', 'alg': 'HS256'})}.{_part(claims)}"
    return f"{text}.{_signature(text)}"


def _subject(role: Role) -> str:
    return uuid(list(Role).index(role), 301)


_ROLES = {api_key(role): role for role in Role}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; without a key when no header was sent."""

    role: Role | None


async def refuse(context: Context) -> NoReturn:
    """Answer as the server does to a key without the right: no message at all."""
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, "")


async def caller(context: Context) -> Caller:
    """Read who calls from the metadata."""
    header = dict(context.invocation_metadata() or ()).get("authorization")
    if header is None:
        return Caller(None)
    kind, _, token = str(header).partition(" ")
    if kind != "Bearer" or not token:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "malformed authorization header")
    if token not in _ROLES:
        text = "InvalidSignature" if _JWT.fullmatch(token) else "InvalidToken"
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, text)
    return Caller(_ROLES[token])


async def need(context: Context, *roles: Role) -> Role:
    """Let only keys of these roles pass."""
    role = (await caller(context)).role
    if role is None:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no authorization provided")
    if role not in roles:
        await refuse(context)
    return role


async def found[T](context: Context, role: Role, thing: T | None, name: str) -> T:
    """Pass on what was found; what is not there is secret to all but administrators."""
    if thing is None:
        if role is not Role.ADMIN:
            await refuse(context)
        await context.abort(grpc.StatusCode.NOT_FOUND, f"Object does not exist (id: {name})")
    return thing


async def valid_uuid(context: Context, text: str) -> str:
    """Check a UUID before any right is checked, as the server does."""
    try:
        return str(UUID(text))
    except ValueError:
        message = f"invalid length: expected length 32 for simple format, found {len(text)}"
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, message)


async def valid_eui(context: Context, text: str) -> str:
    """Check an EUI; the letter case is left as it came."""
    if not _EUI.fullmatch(text):
        await context.abort(grpc.StatusCode.INTERNAL, "EUI64 expects exactly 8 bytes")
    return text
