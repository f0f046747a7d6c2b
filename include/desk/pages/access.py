"""Who may look and who may act, and that a write comes from a page of ours.

The desk has two permissions, given as FastAPI dependencies by whoever mounts it (plugins/desk.py: Airflow's own login and roles).
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import Form, HTTPException, Request

from include.errors import InputError
from include.periods import DAY, office_date

LEAST_SECRET: Final = 24  # characters: 16 random bytes in base64, as Airflow makes one itself
_LEAST_DISTINCT: Final = 8
_SAME_SITE: Final = ("same-origin", "none")


@dataclass(frozen=True)
class Visitor:
    """Who asks. `name` stands in the audit trail of what they do; `login`: the user as whoever mounts the desk knows them."""

    name: str
    may_act: bool
    login: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Access:
    """The two permissions: dependencies that return the Visitor, or answer 401 (no login) or 403 (no right)."""

    reader: Callable[..., Any]
    operator: Callable[..., Any]


def usable_secret(secret: str) -> bytes:
    """The key that signs forms. Raises InputError for one that is missing, short or made of a few characters: whoever guesses
    it can write forms in another's name."""
    if len(secret.strip()) < LEAST_SECRET or len(set(secret)) < _LEAST_DISTINCT:
        raise InputError(
            "the secret key cannot be used",
            where="AIRFLOW__API__SECRET_KEY",
            got=f"{len(secret.strip())} characters",
            expected=f"at least {LEAST_SECRET} random characters",
            todo="make one: openssl rand -hex 32",
        )
    return secret.encode()


def form_token(secret: bytes, visitor: Visitor, now: datetime) -> str:
    """What every form of this visitor carries on this Beijing day."""
    return _token(secret, visitor.name, str(office_date(now)))


def require_our_form(request: Request, visitor: Visitor, token: str, secret: bytes, now: datetime) -> None:
    """Answers 403 to a write that another site caused: by its token (of today or yesterday) and by what the browser says."""
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    is_foreign = site not in _SAME_SITE or (
        origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    )
    days = (office_date(now), office_date(now) - DAY)
    valid = (_token(secret, visitor.name, str(day)) for day in days)
    if is_foreign or not any(hmac.compare_digest(token.encode(), each.encode()) for each in valid):
        raise HTTPException(403, "页面已过期，或请求不是从督办台发出的：请刷新页面后重试")


Token = Annotated[str, Form(alias="token", max_length=100)]


def _token(secret: bytes, name: str, day: str) -> str:
    return hmac.new(secret, f"{name}\n{day}".encode(), hashlib.sha256).hexdigest()
