"""Webhooks by Standard Webhooks 1.0 with a CloudEvents 1.0 body. Pure: `at` is the moment of the request.

Signed is `id.timestamp.body` by HMAC-SHA256 with the bytes that `whsec_` spells in Base64. The id is that of the event: the same
for every attempt, so that a receiver takes it once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from include.errors import InputError
from include.post.channels.robots import Request, Verdict, by_status
from include.post.channels.settings import Channel
from include.post.outcomes import Outcome

_PREFIX: Final = "whsec_"
_LEAST_BYTES, _MOST_BYTES = 24, 64  # of a secret, as the standard bounds it
_LONGEST_QUIET: Final = timedelta(hours=24)


def key_of(channel: Channel) -> bytes:
    """The bytes that sign. Raises InputError for what is no secret of the standard."""
    try:
        key = base64.b64decode(channel.token.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not channel.token.startswith(_PREFIX) or not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise InputError(
            "the secret of a webhook cannot be used",
            where=f"connection {channel.name}",
            expected=f"{_PREFIX} and {_LEAST_BYTES} to {_MOST_BYTES} bytes in Base64, as the password",
        )
    return key


def event_json(
    kind: str, key: str, source: str, subject: str, at: datetime, data: dict[str, Any], *, is_simulated: bool
) -> tuple[str, str]:
    """An event's id and its JSON. The id is made of kind and key: the same thing told again is the same event."""
    event_id = "evt_" + hashlib.sha256(f"{kind}\n{key}".encode()).hexdigest()[:32]
    told = {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": kind,
        "subject": subject,
        "time": at.astimezone(UTC).isoformat(),
        "datacontenttype": "application/json",
        "simulated": is_simulated,
        "data": data,
    }
    return event_id, json.dumps(told, ensure_ascii=False)


def webhook_request(channel: Channel, event_id: str, content: str, at: datetime) -> Request:
    """What goes to the webhook. Raises InputError for a secret that is none."""
    body, moment = content.encode(), str(int(at.timestamp()))
    signed = hmac.new(key_of(channel), f"{event_id}.{moment}.".encode() + body, hashlib.sha256)
    headers = {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": event_id,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(signed.digest()).decode(),
    }
    return Request(channel.base, headers, body)


def webhook_verdict(status: int, body: bytes, retry_after: str | None, at: datetime) -> Verdict:
    """What an answer means: 2xx is taken, 410 wants nothing any more, anything else is tried again."""
    if 200 <= status < 300:
        return Verdict(Outcome("accepted", status, ""))
    told = by_status(status, body)
    again = replace(told.outcome, result="retry")
    if status == 410:
        return Verdict(again, is_gone=True)
    return Verdict(again, _quiet(retry_after, at) if status in (429, 503) else timedelta(0))


def _quiet(retry_after: str | None, at: datetime) -> timedelta:
    """What Retry-After asks for: seconds or a date, at most a day."""
    told = (retry_after or "").strip()
    try:
        wait = (
            timedelta(seconds=int(told))
            if told.isascii() and told.isdigit() and len(told) < 9
            else parsedate_to_datetime(told) - at
        )
    except (ValueError, TypeError):
        return timedelta(0)
    return min(max(wait, timedelta(0)), _LONGEST_QUIET)
