"""Reports to the office above: what became of its alarms here goes up, once each, and what it said of them is kept.

Every round first compares both sides: a report that it has and we do not know (we were restored) is taken back as a fact; one that it
had and has no more (it was restored) is sent again with the receipt that names when it was received first.
"""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, insert, select, update

from include.bounded_http import Answer, Lost, NotSent, ask
from include.errors import InputError, SourceError, redact
from include.house import House
from include.language import say
from include.post.audit import Change, record
from include.post.server import is_this_machine
from include.profile.current import office
from include.rules import SIMULATED_LABEL
from include.sources.config import SourceConfig
from include.sources.delivery import Chunk, Part, text_frame
from include.sources.layout import DATA_ORIGIN, FEEDBACK, PROBLEMS
from include.sources.mapping.language import TableMapping
from include.sources.places import places
from include.sources.spool import Spool
from include.sources.staging import commit, stage
from include.store.engine import reading, writing
from include.store.level_tables import sent_report
from include.store.statements import frame

REPORTS: Final = "/v1/feedback-reports"
_LOOK_BACK: Final = timedelta(days=60)  # answers to older alarms are reported by telephone
_CLOCKS_APART: Final = timedelta(hours=1)  # more than two clocks ever are: the list is asked for up to then
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=4)
_LARGEST_ANSWER: Final = 16 * 1024 * 1024
_PAGE: Final = 1000
_MOST_PAGES: Final = 1000
_sent = sent_report.c

Ask = Callable[[httpx.Request], Answer]


@dataclass
class UpwardRound:
    """What one round did with one office above. `trouble`: why it could not be reached or asked, or empty."""

    queued: int = 0
    waiting: int = 0
    sent: int = 0
    refused: int = 0
    taken_back: int = 0
    told_again: int = 0
    trouble: str = ""
    words: list[str] = field(default_factory=list)


def uppers(house: House) -> list[SourceConfig]:
    """The sources that are an office above this one: of kind platform, with `reports` in their extra."""
    return [one for one in house.sources if one.kind == "platform" and one.is_reported_to]


def report_upward(
    house: House, upper: SourceConfig, *, now: datetime, actor: str, asking: Ask | None = None
) -> UpwardRound:
    """One round: queues what is new, compares both sides, sends what is due. Never raises for what the office above can do."""
    done, question = UpwardRound(), asking or asking_over(upper)
    _queue(house, upper, now, done)
    try:
        _compare(house, upper, question, now, done)
        _send(house.engine, upper, question, now, actor, done)
    except (NotSent, Lost, SourceError) as error:
        done.trouble = redact(str(error))
    return done


def asking_over(upper: SourceConfig) -> Ask:
    """Asks over the network, with checked certificates. Raises InputError where the token would cross it unencrypted."""
    url = httpx.URL(upper.location)
    if url.scheme != "https" and not is_this_machine(url.host, url.port or 80):
        raise InputError(
            "the token would cross the network unencrypted",
            where=f"source {upper.name}",
            expected="https://…",
        )
    ca_file = upper.options.get("ca_file")
    trust = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    silence = upper.number("timeout_seconds", 30)
    answer = upper.number("answer_seconds", 300)
    return lambda request: ask(request, trust, silence, answer, _LARGEST_ANSWER)


def _queue(house: House, upper: SourceConfig, now: datetime, done: UpwardRound) -> None:
    rule = office().reports_upward
    if not rule:
        return
    since_at = now - _LOOK_BACK
    with writing(house.engine, lock="intake") as connection:
        steps = frame(connection, "steps_to_report", upper=upper.name, since_at=since_at)
        problems = frame(connection, "problems_to_report", upper=upper.name, since_at=since_at)
        reports = [_step_report(row) for row in steps.to_dict("records")]
        reports += [_problem_report(row) for row in problems.to_dict("records")]
        for kind, record_id, told_at, body in reports:
            alarm_id = body[kind]["alarm_id"]
            connection.execute(
                insert(sent_report).values(
                    report_key=_key(kind, alarm_id, record_id, told_at),
                    upper=upper.name,
                    kind=kind,
                    alarm_id=alarm_id,
                    record_id=record_id,
                    told_at=told_at,
                    body_json=json.dumps(body),
                    state="queued" if rule == "auto" else "waiting",
                    state_reason=say("等待上报") if rule == "auto" else say("等待人工审核后上报"),
                    attempts=0,
                    next_attempt_at=now,
                    queued_at=now,
                    updated_at=now,
                )
            )
    done.queued = len(reports) if rule == "auto" else 0
    done.waiting = 0 if rule == "auto" else len(reports)


def _key(kind: str, alarm_id: str, record_id: str, told_at: datetime) -> str:
    told = "\n".join((office().own_unit, kind, alarm_id, record_id, told_at.isoformat()))
    return hashlib.sha256(told.encode()).hexdigest()[:48]


def _step_report(row: Mapping[Any, Any]) -> tuple[str, str, datetime, dict[str, Any]]:
    told = _plain({name: row[name] for name in FEEDBACK.names})
    told["problem_found"] = None if told["problem_found"] is None else bool(told["problem_found"])
    if told["inspected_at"] is None:
        told["inspected_at"] = told["event_at"]
    told[DATA_ORIGIN] = SIMULATED_LABEL if row["is_simulated"] else None
    return "feedback", str(row["event"]), _moment(row["event_at"]), {"feedback": told}


def _problem_report(row: Mapping[Any, Any]) -> tuple[str, str, datetime, dict[str, Any]]:
    named = {**row, "rectify_by": row["rectify_by_at"]}
    told = _plain({name: named[name] for name in PROBLEMS.names})
    told[DATA_ORIGIN] = SIMULATED_LABEL if row["is_simulated"] else None
    return "problem", str(row["problem_id"]), _moment(row["received_at"]), {"problem": told}


def _compare(house: House, upper: SourceConfig, question: Ask, now: datetime, done: UpwardRound) -> None:
    """What the office above has of us against what we believe it has."""
    since_at = now - _LOOK_BACK
    theirs = _theirs(upper, question, since_at, now + _CLOCKS_APART)
    with writing(house.engine, lock="intake") as connection:
        rows = connection.execute(select(sent_report).where(_sent.upper == upper.name)).all()
        ours = {row.report_key: row for row in rows}
        for key, told in theirs.items():
            if key not in ours:
                _take_back(connection, upper, key, told, now)
                done.taken_back += 1
            elif ours[key].state in ("queued", "waiting") and told["is_taken"]:
                _settle(connection, key, told, now)
        for key, row in ours.items():
            is_recent = row.received_at is not None and row.received_at > since_at + _CLOCKS_APART
            if row.state == "sent" and is_recent and key not in theirs:
                words = say("上级平台的记录中已没有这一条（可能从备份恢复），凭回执重报")
                connection.execute(
                    update(sent_report)
                    .where(_sent.report_key == key)
                    .values(state="queued", state_reason=words, next_attempt_at=now, updated_at=now)
                )
                done.told_again += 1


def _theirs(upper: SourceConfig, question: Ask, start: datetime, end: datetime) -> dict[str, dict[str, Any]]:
    """Our reports by key, as the office above has them. Raises SourceError where it does not answer the question."""
    found: dict[str, dict[str, Any]] = {}
    cursor: str | None = ""
    for _ in range(_MOST_PAGES):
        query = {"changed_from": start.isoformat(), "changed_until": end.isoformat(), "limit": str(_PAGE)}
        request = _request("GET", upper, REPORTS, params=query | ({"cursor": cursor} if cursor else {}))
        answer = question(request)
        try:
            if answer.status != 200:
                raise ValueError(f"HTTP {answer.status}")
            page = json.loads(answer.content)
            for one in page["records"]:
                datetime.fromisoformat(one["received_at"])
                found[str(one["report_key"])] = one
            cursor = page["next_cursor"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _broken(upper, error) from None
        if not cursor:
            return found
    raise _broken(upper, ValueError("pages without end"))


def _take_back(
    connection: Connection, upper: SourceConfig, key: str, told: dict[str, Any], now: datetime
) -> None:
    """A report of ours that our store has lost becomes a fact again, as the office above received it. Raises SourceError."""
    try:
        ((kind, body),) = told["report"].items()
        layout = {"feedback": FEEDBACK, "problem": PROBLEMS}[kind]
        own = body["event_at"] if kind == "feedback" else body["found_at"]
        told_at = datetime.fromisoformat(str(own))
        record_id = str(body["event"] if kind == "feedback" else body["problem_id"])
        alarm_id = str(body["alarm_id"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise _broken(upper, error) from None
    if told["is_taken"]:
        values = {**body, "event_at": told["received_at"]} if kind == "feedback" else body
        names = (*layout.names, DATA_ORIGIN)
        row = ["" if values.get(name) is None else _cell(values[name]) for name in names]
        chunk = Chunk(REPORTS, np.arange(1, 2, dtype=np.int64), text_frame(list(names), [row]))
        spool = Spool()
        try:
            part = Part(TableMapping(layout.name), chunk)
            stage(spool, part, places(connection), None)
            commit(connection, spool, (part.mapping,), source=upper.name, owners={upper.name}, now=now)
        finally:
            spool.close()
    connection.execute(
        insert(sent_report).values(
            report_key=key[:64],
            upper=upper.name,
            kind=kind,
            alarm_id=alarm_id[:64],
            record_id=record_id[:64],
            told_at=told_at,
            body_json=json.dumps(told["report"]),
            state="sent" if told["is_taken"] else "refused",
            state_reason=say("由上级平台的记录恢复"),
            attempts=0,
            next_attempt_at=now,
            received_at=datetime.fromisoformat(told["received_at"]),
            receipt=str(told["receipt"]),
            queued_at=now,
            updated_at=now,
        )
    )


def _send(
    engine: Engine, upper: SourceConfig, question: Ask, now: datetime, actor: str, done: UpwardRound
) -> None:
    """Sends what is due, the earliest first; of an alarm nothing overtakes what waits before it."""
    with reading(engine) as connection:
        rows = connection.execute(
            select(sent_report)
            .where(_sent.upper == upper.name, _sent.state == "queued")
            .order_by(_sent.told_at, _sent.report_key)
        ).all()
    held: set[str] = set()
    for row in rows:
        if row.alarm_id in held or row.next_attempt_at > now:
            held.add(row.alarm_id)
            continue
        headers = {"idempotency-key": row.report_key, "content-type": "application/json"}
        if row.receipt:
            headers["report-receipt"] = row.receipt
        request = _request("POST", upper, REPORTS, headers=headers, content=row.body_json.encode())
        try:
            answer = question(request)
        except (NotSent, Lost) as error:  # the link is down: all others would wait for it in vain
            _wait(engine, row.report_key, row.attempts, str(error), now)
            raise
        if answer.status in (401, 403):
            _wait(engine, row.report_key, row.attempts, f"HTTP {answer.status}", now)
            raise SourceError(
                "the office above refuses the token",
                where=f"source {upper.name}",
                got=answer.status,
                todo="ask it for a new one and set it as the connection's password",
            )
        if not _settled(engine, row.report_key, row.attempts, answer, now, actor, done):
            held.add(row.alarm_id)


def _settled(
    engine: Engine, key: str, attempts: int, answer: Answer, now: datetime, actor: str, done: UpwardRound
) -> bool:
    """Records an answer; whether the report is settled by it."""
    try:
        told = json.loads(answer.content)
        words = redact(str(told.get("refused_because") or told.get("error", {}).get("message") or ""))[:500]
        if answer.status in (200, 201) and told["is_taken"] is True:
            datetime.fromisoformat(told["received_at"])
            with writing(engine) as connection:
                _settle(connection, key, told, now)
            done.sent += 1
            return True
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        words = say("应答无法理解")
    if answer.status in (400, 409, 413, 422):
        reason = say("上级平台不采用（{status}）：{words}", status=answer.status, words=words)
        with writing(engine) as connection:
            connection.execute(
                update(sent_report)
                .where(_sent.report_key == key)
                .values(state="refused", state_reason=reason, attempts=attempts + 1, updated_at=now)
            )
            record(
                connection,
                [Change("report", key, "refuse", "queued", "refused", reason)],
                now=now,
                actor=actor,
            )
        done.refused += 1
        return True
    _wait(engine, key, attempts, f"HTTP {answer.status} {words}", now)
    return False


def _settle(connection: Connection, key: str, told: Mapping[str, Any], now: datetime) -> None:
    connection.execute(
        update(sent_report)
        .where(_sent.report_key == key)
        .values(
            state="sent",
            state_reason=say("上级平台已收到"),
            attempts=_sent.attempts + 1,
            received_at=datetime.fromisoformat(str(told["received_at"])),
            receipt=str(told["receipt"]),
            updated_at=now,
        )
    )


def _wait(engine: Engine, key: str, attempts: int, words: str, now: datetime) -> None:
    wait = min(_FIRST_WAIT * 2 ** min(attempts, 10), _LONGEST_WAIT)
    reason = say("未送达，将再报：{words}", words=redact(words)[:500])
    with writing(engine) as connection:
        connection.execute(
            update(sent_report)
            .where(_sent.report_key == key)
            .values(state_reason=reason, attempts=attempts + 1, next_attempt_at=now + wait, updated_at=now)
        )


def _request(method: str, upper: SourceConfig, path: str, **more: Any) -> httpx.Request:
    headers = {"accept": "application/json", "authorization": f"Bearer {upper.token or ''}"}
    headers |= more.pop("headers", {})
    return httpx.Request(method, upper.location.rstrip("/") + path, headers=headers, **more)


def _broken(upper: SourceConfig, error: Exception) -> SourceError:
    return SourceError(
        "the office above does not answer as its contract says",
        where=f"source {upper.name} {REPORTS}",
        got=redact(f"{type(error).__name__} {error}"),
        todo="check the connection's address, and ask the office above",
    )


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _json(value) for name, value in row.items()}


def _json(value: Any) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return bool(value) if isinstance(value, (bool, np.bool_)) else value


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(value: Any) -> datetime:
    moment: datetime = pd.Timestamp(value).to_pydatetime()
    return moment
