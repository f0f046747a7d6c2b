"""Faults between a platform and its client: each request passes through the next fault of a list, then through none."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the platform answered, before a fault changes it. `declared` is the content-length, where it lies."""

    status: int
    headers: dict[str, str]
    body: bytes
    declared: int | None = None

    @property
    def page(self) -> dict[str, Any]:
        return json.loads(self.body)

    def with_page(self, **changes: Any) -> Answer:
        return replace(self, body=json.dumps(self.page | changes).encode())


Fault = Callable[[Answer], Answer | None]


def unharmed(answer: Answer) -> Answer:
    return answer


def silent(answer: Answer) -> None:
    """No answer at all: the client's time-out must end it."""


def status(code: int, **headers: str) -> Fault:
    body = json.dumps({"error": {"code": "x", "message": "later"}}).encode()
    return lambda answer: Answer(
        code,
        {
            "content-type": "application/json",
            **{key.replace("_", "-"): value for key, value in headers.items()},
        },
        body,
    )


def truncated(answer: Answer) -> Answer:
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def cut_off(answer: Answer) -> Answer:
    """The connection breaks in the middle of the body."""
    return replace(answer, body=answer.body[: len(answer.body) // 2], declared=len(answer.body))


def content(kind: str, body: bytes) -> Fault:
    return lambda answer: Answer(200, {"content-type": kind}, body)


@dataclass
class Faulty:
    """An ASGI application whose answers pass through faults. `before` is called with the number of each request."""

    app: Any
    faults: deque[Fault] = field(default_factory=deque)
    before: Callable[[int], None] = lambda number: None
    asked: list[str] = field(default_factory=list)

    def set(self, faults: Iterable[Fault], before: Callable[[int], None] = lambda number: None) -> None:
        self.faults, self.before, self.asked = deque(faults), before, []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope["path"])
        self.before(len(self.asked))
        answer = (self.faults.popleft() if self.faults else unharmed)(await self._answer(scope, receive))
        if answer is None:
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        headers = [
            (key.encode(), value.encode()) for key, value in answer.headers.items() if key != "content-length"
        ]
        length = len(answer.body) if answer.declared is None else answer.declared
        headers.append((b"content-length", str(length).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Any, receive: Any) -> Answer:
        sent: list[dict[str, Any]] = []

        async def keep(message: dict[str, Any]) -> None:
            sent.append(message)
            await asyncio.sleep(0)

        await self.app(scope, receive, keep)
        headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))
