"""Receipts: that a report reached us, and when, sealed by our store's key. A report that a restored store has lost counts again from the
moment that its receipt names, which no unit can write."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any


def body_sha256(body: dict[str, Any]) -> str:
    """Of a report as canonical JSON: the same report, the same sum."""
    told = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def sealed(key: bytes, unit_code: str, report_key: str, body_sum: str, received_at: datetime) -> str:
    """The receipt."""
    told = json.dumps([unit_code, report_key, body_sum, received_at.isoformat()]).encode()
    seal = hmac.new(key, b"receipt\n" + told, hashlib.sha256).digest()
    return f"{_text(told)}.{_text(seal)}"


def received_at_of(
    key: bytes, receipt: str, unit_code: str, report_key: str, body_sum: str
) -> datetime | None:
    """When the report reached us by a receipt of ours; None for one that is not ours or of another report."""
    told_text, _, seal_text = receipt.partition(".")
    try:
        told, seal = (base64.urlsafe_b64decode(text) for text in (told_text, seal_text))
        expected = hmac.new(key, b"receipt\n" + told, hashlib.sha256).digest()
        if not hmac.compare_digest(seal, expected):
            return None
        *about, moment = json.loads(told)
        return datetime.fromisoformat(moment) if about == [unit_code, report_key, body_sum] else None
    except (ValueError, TypeError, binascii.Error):
        return None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()
