"""The desk 督办台 inside the Airflow UI: mounts the pages of include/desk with Airflow's own login and roles.

Who may see the DAG daily_dispatch may look; who may trigger it (and so send letters) may act. The pages are built when the
API server starts; every other process of Airflow that loads plugins loads only this file.
"""

import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from threading import Lock, Thread
from typing import TYPE_CHECKING, Annotated, Any

from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI

if TYPE_CHECKING:
    from include.desk.pages.access import Access, Visitor
    from include.desk.pages.desk import Question, RunKey
    from include.house import House

DAG_ID = "daily_dispatch"
PREFIX = "/desk"
SETTINGS_SECONDS = 30.0  # so long a changed connection or variable may go unnoticed


class Installation:
    """The House of Airflow's connections and variables, opened again when they change."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked_at = 0.0
        self._registry: Any = None
        self._house: Any = None

    def house(self) -> "House":
        """The House; asks Airflow at most every SETTINGS_SECONDS. Raises InputError for settings that cannot be used."""
        import cadence

        from include.house import as_kept, open_house

        with self._lock:
            if self._house is None or time.monotonic() - self._asked_at > SETTINGS_SECONDS:
                registry = cadence.registry()
                if registry != self._registry:
                    self._house, self._registry = open_house(registry), registry
                as_kept(self._house)
                self._asked_at = time.monotonic()
            return self._house


def airflow_access() -> "Access":
    """The desk's two permissions as Airflow's auth manager decides them; 401 and 403 are its answers."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
    from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag

    from include.desk.pages.access import Access, Visitor

    may_read = Annotated[None, Depends(requires_access_dag("GET", param_dag_id=DAG_ID))]
    may_trigger = Annotated[
        None, Depends(requires_access_dag("POST", DagAccessEntity.RUN, param_dag_id=DAG_ID))
    ]

    def reader(user: GetUserDep, _: may_read) -> Visitor:
        may_act = get_auth_manager().is_authorized_dag(
            method="POST", access_entity=DagAccessEntity.RUN, details=DagDetails(id=DAG_ID), user=user
        )
        return Visitor(user.get_name(), may_act, user)

    def operator(visitor: Annotated[Visitor, Depends(reader)], _: may_trigger) -> Visitor:
        return visitor

    return Access(reader, operator)


def paused_dags() -> frozenset[str]:
    """The DAGs that are known and switched off."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return frozenset(session.scalars(select(DagModel.dag_id).where(DagModel.is_paused)))


def questions(runs: "Collection[RunKey]") -> "dict[RunKey, Question]":
    """How each of these runs stands with the question of its `approve`."""
    from airflow.models.dagrun import DagRun
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import State
    from sqlalchemy import and_, select

    approve = and_(
        TaskInstance.dag_id == DagRun.dag_id,
        TaskInstance.run_id == DagRun.run_id,
        TaskInstance.task_id == "approve",
    )
    query = (
        select(DagRun.dag_id, DagRun.run_id, DagRun.state, HITLDetail.ti_id, HITLDetail.responded_at)
        .outerjoin(TaskInstance, approve)
        .outerjoin(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
        .where(DagRun.run_id.in_([run_id for _, run_id in runs]))
    )
    standing: dict[RunKey, Question] = dict.fromkeys(runs, "ended")
    with create_session() as session:
        for row in session.execute(query):
            if row.state not in State.finished_dr_states:
                asked: Question = "unasked" if row.ti_id is None else "answered"
                standing[row.dag_id, row.run_id] = (
                    "open" if row.ti_id is not None and row.responded_at is None else asked
                )
    return {key: standing[key] for key in runs}


def answer_required_action(
    visitor: "Visitor", dag_id: str, run_id: str, choice: str, names: list[str], reason: str
) -> None:
    """Answers the question of a run's `approve` as this visitor, with Airflow's own rules of who may and what is taken. Raises
    StateError where there is no open question or where they may not."""
    import cadence
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
    from airflow.utils.session import create_session
    from fastapi import HTTPException

    from include.errors import StateError

    where = f"{dag_id}/{run_id}"
    options = {"all": cadence.RELEASE, "some": cadence.SOME, "none": cadence.REJECT}
    is_allowed = get_auth_manager().is_authorized_dag(
        method="PUT",
        access_entity=DagAccessEntity.HITL_DETAIL,
        details=DagDetails(id=dag_id),
        user=visitor.login,
    )
    if not is_allowed:
        raise StateError("this login may not sign", where=where, todo="ask for the role of an operator")
    said = UpdateHITLDetailPayload(
        chosen_options=[options[choice]], params_input={"reason": reason, "names": names or None}
    )
    with create_session() as session:
        try:
            update_hitl_detail(dag_id, run_id, "approve", said, visitor.login, session)
        except HTTPException as error:
            raise StateError(
                "the run asks nobody",
                where=where,
                todo="release its letters one by one or together in the list of letters",
            ) from error


@asynccontextmanager
async def build(shell: FastAPI) -> AsyncIterator[None]:
    """Builds the pages inside the shell when the API server starts."""
    from airflow.configuration import conf

    from include.desk.pages.access import usable_secret
    from include.desk.pages.desk import Airflow, Desk
    from include.desk.pages.site import create_site, warm_up
    from include.workflows.corrections import correct
    from include.workflows.watch_cells import cells_of_hour

    desk = Desk(
        Installation().house,
        airflow_access(),
        lambda: datetime.now(UTC),
        usable_secret(conf.get("api", "secret_key", fallback="")),
        correct,
        cells_of_hour,
        airflow=Airflow(paused_dags, answer_required_action, questions),
    )
    shell.mount("", create_site(desk))
    Thread(target=warm_up, args=(desk,), name="desk-warm-up", daemon=True).start()
    yield


def _said(text: str) -> str:
    from include.language import say

    return say(text)


class DeskPlugin(AirflowPlugin):
    """The place in the side bar, and the tab of a run that leads to its letters."""

    name = "desk"
    fastapi_apps = [  # noqa: RUF012  # Airflow's own form
        {
            "app": FastAPI(lifespan=build, openapi_url=None, docs_url=None, redoc_url=None),
            "url_prefix": PREFIX,
            "name": "desk",
        }
    ]
    external_views = [  # noqa: RUF012
        {
            "name": _said("督办台"),
            "href": f"{PREFIX}/",
            "destination": "nav",
            "url_route": "desk",
            "icon": f"{PREFIX}/assets/icon.svg",
        },
        {
            "name": _said("函件 Letters"),
            "href": f"{PREFIX}/letters?dag_id={{DAG_ID}}&run_id={{RUN_ID}}",
            "destination": "dag_run",
            "url_route": "desk-letters",
            "icon": f"{PREFIX}/assets/icon.svg",
        },
    ]
