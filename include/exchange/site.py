"""The served platform: every address needs a token, bodies are bounded, and a token asks so often and no more."""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from include.errors import redact
from include.exchange.served import BadRequest, letter_file, page
from include.exchange.taking import Unusable, take_report
from include.exchange.tokens import Caller, caller_of
from include.house import House
from include.sources.kinds.platform import PATHS

_log = logging.getLogger(__name__)

LETTERS, REPORTS = "/v1/letters", "/v1/feedback-reports"
LARGEST_BODY: Final = 64 * 1024
_MOST_A_MINUTE: Final = 240  # of a token
_MOST_WRONG: Final = 120  # a minute, of all tokens that are none together
_HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_TABLES: Final = {**{path: name for name, path in PATHS.items()}, LETTERS: "letters", REPORTS: "reports"}

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Answer:
    """Status, JSON body (or a file's bytes), headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Turnstile:
    """How often somebody came in the last minute, on the monotonic clock."""

    most: int
    _times: dict[str, deque[float]] = field(default_factory=dict)

    def lets(self, who: str, now: float) -> bool:
        """Whether one more is let in."""
        times = self._times.setdefault(who, deque())
        while times and times[0] <= now - 60:
            times.popleft()
        if len(times) >= self.most:
            return False
        times.append(now)
        return True


@dataclass
class Exchange:
    """What the server holds."""

    house: House
    clock: Clock
    callers: Turnstile = field(default_factory=lambda: Turnstile(_MOST_A_MINUTE))
    wrong: Turnstile = field(default_factory=lambda: Turnstile(_MOST_WRONG))

    def answer(
        self, method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """The answer to one request. Never raises for what a caller can send."""
        now = self.clock()
        caller = caller_of(self.house.engine, headers.get("authorization", ""), now)
        if caller is None:
            if not self.wrong.lets("", time.monotonic()):
                return _error(
                    429, "too_many", "too many requests without a valid token", {"retry-after": "60"}
                )
            return _error(401, "unauthorized", "the token is missing, wrong, expired or revoked")
        if not self.callers.lets(caller.unit_code, time.monotonic()):
            return _error(429, "too_many", "too many requests", {"retry-after": "30"})
        try:
            return self._answer(method, path, query, headers, body, caller, now)
        except BadRequest as error:
            return _error(400, "bad_request", str(error))
        except Unusable as error:
            return _error(error.status, error.code, str(error))
        except Exception as error:  # the store is busy or away: what was asked was not done
            _log.error("%s %s: %s", method, path, redact(f"{type(error).__name__} {error}"))
            return _error(503, "unavailable", "try again later", {"retry-after": "60"})

    def _answer(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        headers: Mapping[str, str],
        body: bytes,
        caller: Caller,
        now: datetime,
    ) -> Answer:
        if method == "POST" and path == REPORTS:
            taken = take_report(
                self.house,
                caller,
                headers.get("idempotency-key", ""),
                _parsed(body),
                headers.get("report-receipt", ""),
                now,
            )
            return Answer(taken.status, taken.body)
        if method == "GET" and path in _TABLES:
            return Answer(200, page(self.house.engine, _TABLES[path], caller, query, now))
        if method == "GET" and path.startswith(f"{LETTERS}/") and path.isprintable():
            key, _, role = path.removeprefix(f"{LETTERS}/").rpartition("/")
            found = letter_file(self.house.engine, caller, key, role)
            if found is not None:
                sha256, media_type, name = found
                told = {"content-type": media_type, "content-disposition": f'attachment; filename="{name}"'}
                return Answer(200, self.house.archive.get(sha256), told)
        return _error(404, "not_found", "nothing has this address")


def exchange_app(exchange: Exchange) -> Starlette:
    """The HTTP application."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await _bounded(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            found = _error(413, "too_large", f"a report has at most {LARGEST_BODY} bytes")
        else:
            found = await run_in_threadpool(
                exchange.answer,
                request.method,
                request.url.path,
                dict(request.query_params),
                request.headers,
                body,
            )
        headers = {**_HEADERS, **found.headers}
        if isinstance(found.body, bytes):
            return Response(found.body, found.status, headers)
        return JSONResponse(found.body, found.status, headers)

    handler: Callable[[Request], Awaitable[Response]] = endpoint
    return Starlette(routes=[Route("/{path:path}", handler, methods=["GET", "POST"])])


async def _bounded(request: Request) -> bytes | None:
    """The body; None for one that is too large, of which no more is read."""
    content = bytearray()
    async for block in request.stream():
        content += block
        if len(content) > LARGEST_BODY:
            return None
    return bytes(content)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unusable(400, "no_json", "the body is no JSON") from error


def _error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {"error": {"code": code, "message": message}}, headers or {})
