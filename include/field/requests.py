"""What a visitor sends, bounded: bytes, fields, files and time; and who it is: its network, its device."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from include.field.limits import network_of
from include.rules import FIELD

_MOST_FIELDS: Final = 160
_LARGEST_FIELD_BYTES: Final = 16 * 1024
COOKIE: Final = "device"
_COOKIE: Final = re.compile("[0-9a-f]{32}")


class TooLarge(Exception):
    """A request of more bytes than are taken."""


class Bounded:
    """Cuts a request off at FIELD.largest_request_bytes, whatever it says about its own length."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        left = FIELD.largest_request_bytes

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLarge
            return message

        await self.app(scope, counted, send)


@dataclass(frozen=True)
class Sent:
    """A form: its texts (the first of each name) and the uploads of its field `photos`."""

    texts: Mapping[str, str]
    uploads: tuple[bytes, ...]


async def sent_form(request: Request) -> Sent:
    """The form of a request, whole. Raises TooLarge, TimeoutError (too slow), HTTPException (400: not a form)."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > FIELD.largest_request_bytes:
        raise TooLarge
    async with asyncio.timeout(FIELD.upload_seconds):
        form = await request.form(
            max_files=FIELD.most_photos + 1, max_fields=_MOST_FIELDS, max_part_size=_LARGEST_FIELD_BYTES
        )
        texts: dict[str, str] = {}
        uploads = []
        try:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    # A field in which nothing was chosen has no name; an empty file has one, and is told of.
                    if name == "photos" and (value.size or value.filename):
                        uploads.append(await value.read(FIELD.largest_request_bytes))
                else:
                    texts.setdefault(name, value)
        finally:
            await form.close()
    return Sent(texts, tuple(uploads))


def require_own_site(request: Request) -> None:
    """Refuses a form that another site sends in a visitor's name. Raises HTTPException."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403)


def visitor(request: Request) -> str:
    """What is counted as one visitor."""
    return network_of(request.client.host if request.client else "")


def device_secret(request: Request) -> str:
    """The secret that a device's cookie holds; a new one where it holds none."""
    held = request.cookies.get(COOKIE, "")
    return held if _COOKIE.fullmatch(held) else secrets.token_hex(16)


def device_id(secret: str) -> str:
    """What a device is called: nobody can make the cookie from it."""
    return hashlib.sha256(f"device\n{secret}".encode()).hexdigest()[:32]
