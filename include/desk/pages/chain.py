"""交办: the tasks that run and the alarms that nobody holds; the chain of one alarm with the steps that may be taken now. An office
without a chain of its own has neither page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.act import Act
from include.chain.machine import allowed
from include.chain.steps import ASSIGN, OF_ALARM, STEPS, WITHDRAWN
from include.chain.values import Event, Move
from include.desk.pages.access import Visitor
from include.desk.pages.alarm import AlarmId
from include.desk.pages.answers import answers
from include.desk.pages.desk import At, Desk
from include.desk.pages.search import not_there
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import InputError, QianliyanError
from include.house import House
from include.office.chain import chain_at, is_alarm, take
from include.office.chain_assigning import assign_by_rules
from include.office.chain_lists import holders_to_choose, running_tasks, unassigned_rows, unit_names
from include.office.spot_checks import row_values
from include.periods import DAY, midnight, parse_moment, parse_moment_or_date
from include.profile.current import office

_MOST: Final = 500
Name = Annotated[str, Form(max_length=32)]
Short = Annotated[str, Form(max_length=128)]
Note = Annotated[str, Form(max_length=500)]
Number = Annotated[int, Form(ge=0, le=10_000)]


def routes(desk: Desk) -> APIRouter:
    """GET /chain; POST /chain: hand on by the rules; GET /chain/{alarm}, POST /chain/{alarm}: one step"""
    router = APIRouter()

    def listed(request: Request, visitor: Visitor, as_of: datetime, at: str, **more: Any) -> Response:
        if office().chain is None:
            return not_there(desk, request, visitor, "alarm", "")
        house = desk.open_house()
        tasks, free = running_tasks(house, as_of), unassigned_rows(house, as_of)
        values = {
            "tasks": row_values(tasks.head(_MOST)),
            "free": row_values(free.head(_MOST)),
            "counts": (
                len(tasks),
                int((tasks["overdue_hours"] > 0).sum()),
                len(free),
                int((tasks["office_late_hours"] > 0).sum()),
            ),
            "names": unit_names(house, as_of),
            "as_of": as_of,
            "is_simulated": bool(tasks["is_simulated"].any() or free["is_simulated"].any()),
            **more,
        }
        return page(desk, request, visitor, "chain_tasks.html", values, status=more.get("status", 200), at=at)

    def shown(
        request: Request, visitor: Visitor, alarm: str, as_of: datetime, at: str, **more: Any
    ) -> Response:
        house = desk.open_house()
        if office().chain is None or not is_alarm(house, alarm):
            return not_there(desk, request, visitor, "alarm", alarm)
        events, chain = chain_at(house, alarm, as_of)
        _, now_chain = chain_at(house, alarm, desk.clock())
        values = {
            "alarm_id": alarm,
            "events": [_shown(one, events) for one in events],
            "chain": chain,
            "possible": {one.task_no: allowed(now_chain, one.task_no) for one in now_chain.tasks},
            "of_alarm": allowed(now_chain, 0),
            "steps": STEPS,
            "withdrawn": WITHDRAWN,
            "units": holders_to_choose(house, desk.clock()),
            "names": unit_names(house, desk.clock()),
            "categories": office().categories,
            "as_of": as_of,
            **more,
        }
        return page(desk, request, visitor, "chain.html", values, status=more.get("status", 200), at=at)

    @router.get("/chain", response_class=HTMLResponse, responses=answers(404))
    def read_tasks(request: Request, *, visitor: Visitor = desk.reading, at: At = "") -> Response:
        return listed(request, visitor, _as_of(desk, at), at)

    @router.post("/chain", response_class=Response, responses=answers(404, 409))
    def assign(
        request: Request, *, visitor: Visitor = desk.acting, alarm_id: Short = "", reason: Note = ""
    ) -> Response:
        now, house = desk.clock(), desk.open_house()
        try:
            wanted = [alarm_id] if alarm_id else [str(one) for one in unassigned_rows(house, now)["alarm_id"]]
            _, troubles = assign_by_rules(house, wanted, Act(now, visitor.name, reason))
        except QianliyanError as error:
            return listed(request, visitor, now, "", problem=error_text(request, error), status=409)
        if troubles:
            return listed(request, visitor, now, "", problem="；".join(troubles[:5]), status=409)
        return RedirectResponse(f"{request.scope['root_path']}/chain", 303)

    @router.get("/chain/{alarm:path}", response_class=HTMLResponse, responses=answers(404))
    def read_chain(
        request: Request, *, visitor: Visitor = desk.reading, alarm: AlarmId, at: At = ""
    ) -> Response:
        return shown(request, visitor, alarm, _as_of(desk, at), at)

    @router.post("/chain/{alarm:path}", response_class=Response, responses=answers(404, 409))
    def step(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        alarm: AlarmId,
        name: Name,
        task_no: Number = 0,
        unit_code: Short = "",
        person: Short = "",
        note: Note = "",
        problem: Name = "",
        category: Short = "",
        until: Name = "",
    ) -> Response:
        now, house = desk.clock(), desk.open_house()
        try:
            if name not in STEPS and name not in OF_ALARM:
                raise InputError("no such step", where=alarm[:64], got=name, expected=" | ".join(STEPS))
            moment = _moment(until)
            move = Move(
                name,
                now,
                now,
                visitor.name,
                person,
                unit_code if name == ASSIGN else _speaker(house, alarm, name, task_no, now),
                task_no,
                problem_found={"yes": True, "no": False}.get(problem),
                category=category,
                note=note,
                rectify_by=moment,
                due_at=moment,
            )
            take(house, alarm, move)
        except QianliyanError as error:
            told = error_text(request, error)
            return shown(request, visitor, alarm, now, "", problem=told, status=409)
        return RedirectResponse(f"{request.scope['root_path']}/chain/{quote(alarm)}", 303)

    return router


def _as_of(desk: Desk, at: str) -> datetime:
    """The moment that was asked for; without one now, to the second: what somebody has just done is seen."""
    return parse_moment(at) if at else desk.clock()


def _shown(event: Event, events: Sequence[Event]) -> dict[str, Any]:
    """An event, and whether it was in time (None: nothing waited for it), also by what it was given for an outage later."""
    given = [one.met_due_at for one in events if one.of_seq == event.seq and one.met_due_at]
    is_judged = event.met_due_at is not None and event.of_seq is None
    in_time = event.receipt_at <= max([event.met_due_at, *given]) if is_judged and event.met_due_at else None
    return {**vars(event), "in_time": in_time}


def _speaker(house: House, alarm: str, name: str, task_no: int, now: datetime) -> str:
    """The unit for which a clerk records a step of the holder's; empty for the office's own."""
    step = STEPS.get(name)
    if step is None or step.by == "office":
        return ""
    _, chain = chain_at(house, alarm, now)
    task = chain.task(task_no)
    return task.holder_code if task else ""


def _moment(until: str) -> datetime | None:
    """The moment that a field says; the end of a day that it names."""
    if not until:
        return None
    found = parse_moment_or_date(until)
    if isinstance(found, datetime):
        return found
    return midnight(found + DAY)
