"""Answers to the question whether letters may leave that nothing can be done with: refused in Airflow itself, with the reason.

Airflow takes any answer whose option it knows and shows the old question again where the task cannot use it. So its API server is
given this layer: it looks at such answers before Airflow does.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_QUESTION: Final = re.compile(r"/dagRuns/.+/taskInstances/approve/-?\d+/hitlDetails$")
_LARGEST: Final = 1024 * 1024  # bytes of an answer


class OnlyUsableAnswers:
    """Refuses an answer to `approve` that cannot be acted on (400, why in words); everything else goes on as it came."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PATCH" or not _QUESTION.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        from starlette.responses import JSONResponse

        body = await _body(receive)
        if why := _trouble(body):
            await JSONResponse({"detail": why}, 400)(scope, receive, send)
            return
        came: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return came.pop() if came else await receive()

        await self._app(scope, again, send)


async def _body(receive: Receive) -> bytes:
    """The whole body; one that is too large ends where it becomes so, which is no JSON that anyone takes."""
    body, is_more = b"", True
    while is_more and len(body) <= _LARGEST:
        message = await receive()
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    return body


def _trouble(body: bytes) -> str:
    """Why nothing can be done with the answer; empty where something can, or where it is Airflow that refuses it."""
    import cadence

    try:
        said = json.loads(body)
        (option,), params = said["chosen_options"], said.get("params_input") or {}
        return cadence.unusable(str(option), params.get("names") or [], str(params.get("reason") or ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


class SignaturesPlugin(AirflowPlugin):
    """The layer before Airflow's own pages and API."""

    name = "signatures"
    fastapi_root_middlewares = [  # noqa: RUF012  # Airflow's own form
        {"middleware": OnlyUsableAnswers, "args": [], "kwargs": {}, "name": "usable signatures"}
    ]
