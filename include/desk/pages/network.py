"""Stations 站点: which ones to service and the health by unit; the evidence of an alarm that the watch made, and what a person decides."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy import Engine, select

from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.exports import csv_file
from include.desk.pages.letter import Reason
from include.desk.pages.troubles import error_text
from include.desk.pages.view import office_text, page
from include.errors import InputError, QianliyanError
from include.office.suspect_sketch import hour_sketches, sketch
from include.office.suspect_tables import VERDICT_WORDS as SAID_WORDS
from include.office.suspect_tables import hit_table, suspect_table
from include.office.watch_evidence import Evidence, explain_any
from include.office.watch_network import VERDICT_WORDS, WEEK, network
from include.store.engine import reading
from include.store.suspects import keep_verdict
from include.store.watch_tables import station
from include.store.watch_todos import decide, open_todos
from include.suspects.kinds import UNLISTED
from include.suspects.wording import KINDS, LEVELS, others_words, reason_words, suspect_name, wind_words

AlarmId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Choice = Annotated[Literal["withdraw", "keep"], Form()]
CandidateId = Annotated[str, Form(min_length=1, max_length=64)]
Said = Annotated[Literal["struck", "found", "not_found", "open"], Form()]
STATION_WORDS = {"micro": "微站", "official": "国控、省控站", "weather": "气象站"}
_OPEN_UP_TO = 30  # stations; a longer list is folded by unit
FLAG_WORDS = {
    "ok": "正常",
    "missing": "无数据",
    "few": "有效值不足",
    "range": "超出量程",
    "stuck": "卡值",
    "dead": "读数过低",
    "spike": "单站突跳",
}


def routes(desk: Desk) -> APIRouter:
    """GET /network, /network.csv, /watch/{alarm_id}; POST /watch/{alarm_id}/decide, /watch/{alarm_id}/suspects"""
    router = APIRouter()

    @router.get("/network", response_class=HTMLResponse, responses=answers())
    def read_network(request: Request, *, visitor: Visitor = desk.reading) -> HTMLResponse:
        engine = desk.open_house().engine
        day, units, stations = network(engine)
        with reading(engine) as connection:
            todos = open_todos(connection)
            simulated = connection.execute(
                select(station.c.station_id).where(station.c.is_simulated).limit(1)
            ).first()
        values = {
            "day": day,
            "days": WEEK,
            "units": units.to_dict("records"),
            "todos": todos,
            "verdicts": VERDICT_WORDS,
            "open_up_to": _OPEN_UP_TO,
            "stations": stations.astype(object).where(stations.notna(), None).to_dict("records"),
            "is_simulated": simulated is not None,
        }
        return page(desk, request, visitor, "network.html", values)

    @router.get("/network.csv", response_class=Response, responses=answers())
    def export(*, visitor: Visitor = desk.reading) -> Response:
        day, _, stations = network(desk.open_house().engine)
        told = stations.assign(
            kind=[office_text(STATION_WORDS.get(one, one)) for one in stations["kind"]],
            verdict=[office_text(VERDICT_WORDS.get(one, one)) for one in stations["verdict"]],
        )
        return csv_file(told, f"stations-{day or 'none'}.csv")

    def shown(request: Request, visitor: Visitor, alarm_id: str, problem: str = "") -> HTMLResponse:
        try:
            found = explain_any(desk.open_house(), alarm_id)
        except InputError as error:
            raise HTTPException(404, "没有这条报警") from error
        values = {**_values(found), **_suspects(desk.open_house().engine, alarm_id), "problem": problem}
        return page(desk, request, visitor, "evidence.html", values, status=409 if problem else 200)

    @router.get("/watch/{alarm_id}", response_class=HTMLResponse, responses=answers(404))
    def read_evidence(
        request: Request, *, visitor: Visitor = desk.reading, alarm_id: AlarmId
    ) -> HTMLResponse:
        return shown(request, visitor, alarm_id)

    @router.post("/watch/{alarm_id}/decide", response_class=Response, responses=answers(404, 409))
    def decide_it(
        request: Request, *, visitor: Visitor = desk.acting, alarm_id: AlarmId, choice: Choice, reason: Reason
    ) -> Response:
        try:
            decide(
                desk.open_house().engine, alarm_id, choice, reason=reason, by=visitor.name, now=desk.clock()
            )
        except InputError as error:
            raise HTTPException(404, "没有这条由小时监测产生的报警") from error
        except QianliyanError as error:
            return shown(request, visitor, alarm_id, error_text(request, error))
        return RedirectResponse(f"{request.scope['root_path']}/network", 303)

    @router.post("/watch/{alarm_id}/suspects", response_class=Response, responses=answers(404, 409))
    def say_of_suspect(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        alarm_id: AlarmId,
        candidate_id: CandidateId,
        verdict: Said,
        reason: Reason,
    ) -> Response:
        try:
            keep_verdict(
                desk.open_house().engine,
                alarm_id,
                candidate_id,
                verdict,
                visitor.name,
                reason,
                now=desk.clock(),
            )
        except QianliyanError as error:
            return shown(request, visitor, alarm_id, error_text(request, error))
        return RedirectResponse(
            f"{request.scope['root_path']}/watch/{quote(alarm_id, safe='')}#suspects", 303
        )

    return router


def _suspects(engine: Engine, alarm_id: str) -> dict[str, Any]:
    """The alarm's candidates with reasons, the sketch, and how often each method was right so far."""
    _, about = suspect_table(engine, alarm_id)
    listed = sorted(about.suspects, key=lambda one: (one["verdict"] == "struck", one["rank"]))
    rows = [
        {
            "id": one["candidate_id"],
            "rank": one["rank"],
            "name": "来源不明" if one["kind"] == UNLISTED else suspect_name(one),
            "is_unlisted": one["kind"] == UNLISTED,
            "kind": KINDS[one["kind"]],
            "level": LEVELS[one["level"]],
            "score": one["score"],
            "words": reason_words(one),
            "verdict": one["verdict"],
            "said": SAID_WORDS.get(one["verdict"] or "", ""),
            "reason": one["reason"],
        }
        for one in listed
    ]
    # The sketches escape every name.
    drawn = Markup(sketch(about.suspects, about.hours)) if rows else ""  # noqa: S704
    by_hour = [(caption, Markup(one)) for caption, one in hour_sketches(about.suspects, about.hours)]  # noqa: S704
    hits = hit_table(engine).to_dict("records")
    return {
        "suspects": rows,
        "sketch": drawn,
        "hour_sketches": by_hour,
        "wind": wind_words(about.hours),
        "hits": hits,
        "others": others_words(about.suspects),
    }


def _values(found: Evidence) -> dict[str, Any]:
    stations = found.stations.astype(object).where(found.stations.notna(), None).to_dict("records")
    hours = found.hours.astype(object).where(found.hours.notna(), None).to_dict("records")
    return {
        "facts": found.facts,
        "evidence": found.evidence,
        "hours": hours,
        "stations": stations,
        "alias_of": found.alias_of,
        "aliases": found.aliases,
        "flags": FLAG_WORDS,
        "is_simulated": found.facts["is_simulated"],
        "todos": [todo for todo in found.todos if todo["settled_at"] is None],
    }
