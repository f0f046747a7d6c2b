"""Tokens of offices below: each is one unit's, ends by itself, and is kept as its SHA-256 alone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, select, update

from include.errors import InputError, StateError
from include.periods import office_date
from include.post.audit import Change, record
from include.store.engine import reading, writing
from include.store.keys import kept_key
from include.store.level_tables import level_key, platform_token
from include.store.statements import frame

_PREFIX: Final = "qly_"
LONGEST_LIFE: Final = timedelta(days=400)
_token = platform_token.c


@dataclass(frozen=True)
class Caller:
    """Who asks: a unit, and every unit that it may see (itself and what reports to it, on that day)."""

    unit_code: str
    units: tuple[str, ...]

    @property
    def source(self) -> str:
        """What facts that it told name as their source."""
        return f"level_{self.unit_code}"


def make_token(
    engine: Engine, unit_code: str, label: str, life: timedelta, *, now: datetime, actor: str
) -> str:
    """A new token for a unit; it is shown now and never again. Raises InputError for an unknown unit or a life of more than 400 days."""
    if not timedelta(0) < life <= LONGEST_LIFE:
        raise InputError("a token lives 1 to 400 days", where="exchange token", got=life)
    kept_key(engine, level_key, now)  # before the first backup that could lack it
    with writing(engine) as connection:
        known = set(frame(connection, "units_on", on_date=office_date(now))["unit_code"])
        if unit_code not in known:
            raise InputError(
                "no such unit", where="exchange token", got=unit_code, expected="a unit_code of this office"
            )
        token = _PREFIX + secrets.token_urlsafe(32)
        connection.execute(
            platform_token.insert().values(
                token_sha256=_sha256(token),
                unit_code=unit_code,
                label=label[:128],
                made_at=now,
                made_by=actor[:128],
                expires_at=now + life,
            )
        )
        record(
            connection,
            [Change("token", unit_code, "make", None, "valid", label or unit_code)],
            now=now,
            actor=actor,
        )
    return token


def revoke_token(engine: Engine, token_id: int, *, now: datetime, actor: str, reason: str) -> None:
    """Ends a token at once. Raises InputError without a reason, StateError for one that is none or ended before."""
    if not reason.strip():
        raise InputError("a reason is needed", where=f"token {token_id}", todo="say why")
    with writing(engine) as connection:
        done = connection.execute(
            update(platform_token)
            .where(_token.token_id == token_id, _token.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(_token.unit_code)
        ).scalar_one_or_none()
        if done is None:
            raise StateError("no token that could be ended", where=f"token {token_id}")
        record(
            connection, [Change("token", done, "revoke", "valid", "revoked", reason)], now=now, actor=actor
        )


def caller_of(engine: Engine, authorization: str, now: datetime) -> Caller | None:
    """Whose token a header holds; None for none that is valid now."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.startswith(_PREFIX) or len(token) > 128:
        return None
    with reading(engine) as connection:
        unit_code = connection.execute(
            select(_token.unit_code).where(
                _token.token_sha256 == _sha256(token), _token.revoked_at.is_(None), _token.expires_at > now
            )
        ).scalar_one_or_none()
        if unit_code is None:
            return None
        rows = frame(connection, "units_on", on_date=office_date(now))
    below: dict[str, list[str]] = {}
    for code, above in zip(rows["unit_code"], rows["reports_to"], strict=True):
        below.setdefault(str(above), []).append(str(code))
    found, left = [], [str(unit_code)]
    while left:
        code = left.pop()
        if code not in found:
            found.append(code)
            left += below.get(code, [])
    return Caller(str(unit_code), tuple(sorted(found)))


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
