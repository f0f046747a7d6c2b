"""Answers to the question whether letters may leave: refused in Airflow itself, with the reason, where nothing can be done with them;
kept, where Airflow takes them, until they have been acted on.

Airflow takes any answer whose option it knows and shows the old question again where the task cannot use it. So its API server is
given this layer: it looks at such answers before Airflow does. And Airflow empties an answer when the task that asked begins again. So
each is kept beside what it is about, in the transaction that takes it, whether it comes from the desk or from Airflow's own page.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from airflow.models.hitl import HITLDetail
    from sqlalchemy import Connection
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_QUESTION: Final = re.compile(r"/dagRuns/.+/taskInstances/approve/-?\d+/hitlDetails$")
_LARGEST: Final = 1024 * 1024  # bytes of an answer


class OnlyUsableAnswers:
    """Refuses an answer to `approve` that cannot be acted on (400, why in words); everything else goes on as it came."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        keep_answers()

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


def keep_answers() -> None:
    """From now on this process keeps every answer to an `approve`."""
    from airflow.models.hitl import HITLDetail
    from sqlalchemy import event

    if not event.contains(HITLDetail, "after_update", _keep):
        event.listen(HITLDetail, "after_update", _keep)


def _keep(_mapper: Any, connection: Connection, detail: HITLDetail) -> None:
    """Writes the answer into the XCom `cadence.KEPT_ANSWER` of the task that made what is asked about, in place of an earlier one."""
    import cadence
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from sqlalchemy import and_, delete, insert, select
    from sqlalchemy.orm import aliased

    if detail.responded_at is None:
        return
    asking, about = aliased(TaskInstance), aliased(TaskInstance)
    same_run = and_(about.dag_id == asking.dag_id, about.run_id == asking.run_id)
    query = (
        select(DagRun.id.label("dag_run_id"), about.dag_id, about.run_id, about.task_id, about.map_index)
        .select_from(asking)
        .join(about, same_run)
        .join(DagRun, and_(DagRun.dag_id == about.dag_id, DagRun.run_id == about.run_id))
        .where(asking.id == detail.ti_id, asking.task_id == "approve", about.task_id.in_(cadence.ASKED_ABOUT))
    )
    answer = detail.as_resume_event_payload() | {"responded_at": detail.responded_at.isoformat()}
    for place in connection.execute(query).mappings().all():
        key = {**place, "key": cadence.KEPT_ANSWER}
        connection.execute(
            delete(XComModel).where(*(getattr(XComModel, name) == value for name, value in key.items()))
        )
        connection.execute(insert(XComModel).values(**key, value=answer))


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
