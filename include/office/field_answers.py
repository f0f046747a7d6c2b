"""An answer of the phone page as facts: one step of the alarm's feedback and at most one problem, through the one validator.

It counts from the moment it reached the page (clock `receipt`) and speaks for its unit: it acknowledges, submits or disputes, no more.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import numpy as np
from sqlalchemy import Connection

from include.errors import StateError
from include.field.reports import Answer
from include.field.steps import RECTIFIED, STEPS
from include.periods import DAY, midnight, moment_label
from include.rules import SIMULATED_LABEL
from include.sources import quarantine
from include.sources.clocks import Receipt
from include.sources.config import SourceConfig
from include.sources.delivery import Chunk, Delivery, Part, text_frame
from include.sources.hashes import row_json
from include.sources.layout import DATA_ORIGIN, FEEDBACK, PROBLEMS
from include.sources.mapping.language import TableMapping
from include.sources.places import places
from include.sources.receipt import record, result_of
from include.sources.spool import Spool
from include.sources.staging import Tally, commit, stage
from include.store.alarm_aliases import main_ids
from include.store.suspects import put_verdict

SOURCE: Final = "field"  # what its facts name as their source
_TABLES: Final = (TableMapping("feedback"), TableMapping("problems"))
_SEEN: Final = {"found": "现场有问题", "not_found": "现场无问题"}
_STATES: Final = {"rectified": "已整改", "rectifying": "整改中"}


def store_answer(
    connection: Connection, answer: Answer, by: str, now: datetime, *, is_simulated: bool
) -> bool:
    """Stores an answer in the caller's transaction (which holds the lock `intake`), with its row in the ledger. `by`: in whose name
    it came. Returns whether all of it could be used; what could not is in quarantine with its reason."""
    spool = Spool()
    try:
        known_places = places(connection)
        receipt = Receipt(answer.received_at, counts=True, is_unit=True)
        parts = _parts(answer, is_simulated)
        for part in parts:
            stage(spool, part, known_places, None, receipt)
        tally = commit(
            connection,
            spool,
            _TABLES,
            source=SOURCE,
            owners={SOURCE},
            now=now,
            speaker=answer.unit_code,
            by=by,
        )
    finally:
        spool.close()
    tally.quarantined += _keep_verdicts(connection, answer, by, now)
    _enter(connection, answer, tally, now)
    return not tally.quarantined


def _parts(answer: Answer, is_simulated: bool) -> list[Part]:
    step = STEPS[answer.step]
    origin = SIMULATED_LABEL if is_simulated else ""
    received, inspected = answer.received_at.isoformat(), answer.inspected_at
    note = "；".join(filter(None, (step.label if step.event == "acknowledged" else "", answer.note)))
    feedback = [
        answer.alarm_id,
        step.event,
        received,
        answer.unit,
        answer.inspector,
        "" if step.problem_found is None else str(step.problem_found).lower(),
        note,
        inspected.isoformat() if inspected else "",
        origin,
    ]
    rows = [(FEEDBACK, [feedback])]
    if step.problem_found:
        rows.append((PROBLEMS, [[*_problem(answer), origin]]))
    return [
        Part(
            TableMapping(layout.name),
            Chunk(
                f"手机填报 {answer.report_id[:8]}",
                np.arange(1, len(values) + 1, dtype=np.int64),
                text_frame([*layout.names, DATA_ORIGIN], values),
            ),
        )
        for layout, values in rows
    ]


def _problem(answer: Answer) -> list[str]:
    """Its id is that of the report: another report is another problem."""
    done = answer.rectification == RECTIFIED and answer.rectified_on is not None
    rectified_at = (
        min(_end_of(answer.rectified_on), answer.received_at) if done and answer.rectified_on else None
    )
    found_at = min(filter(None, (answer.inspected_at, answer.received_at, rectified_at)))
    return [
        f"{answer.alarm_id[:47]}-P{answer.report_id[:15]}",
        answer.alarm_id,
        answer.category,
        answer.description,
        found_at.isoformat(),
        _STATES.get(answer.rectification, ""),
        _end_of(answer.rectify_by).isoformat() if answer.rectify_by else "",
        rectified_at.isoformat() if rectified_at else "",
    ]


def _end_of(day: date) -> datetime:
    return midnight(day) + DAY


def _keep_verdicts(connection: Connection, answer: Answer, by: str, now: datetime) -> int:
    """Keeps what was seen at suspects, as of its receipt; returns how many could not be used."""
    main = main_ids(connection, [answer.alarm_id]) if answer.verdicts else {}
    alarm_id = main.get(answer.alarm_id, answer.alarm_id)
    who = f"{SOURCE} {by or answer.inspector}"[:128]
    rejects = []
    for one in answer.verdicts:
        note = one.note or answer.description or answer.note or _SEEN[one.verdict]
        try:
            put_verdict(
                connection, alarm_id, one.candidate_id, one.verdict, who, note, now=answer.received_at
            )
        except StateError:
            told = row_json({"alarm_id": answer.alarm_id, "candidate_id": one.candidate_id, "note": note})
            where = f"手机填报 {answer.report_id[:8]} 疑似来源核查"
            reason = "该报警没有这一疑似来源"
            rejects.append(
                quarantine.Rejected("feedback", where, "candidate_id", one.candidate_id, reason, told, None)
            )
    quarantine.keep(connection, SOURCE, rejects, now=now)
    return len(rejects)


def _enter(connection: Connection, answer: Answer, tally: Tally, now: datetime) -> None:
    """The answer's row in the ledger."""
    source = SourceConfig(SOURCE, "inbox", "the phone page")
    delivery = Delivery(
        iter(()), is_cut=True, fingerprint=answer.report_id, parts_expected=1, parts_received=1
    )
    result = result_of(source, tally, now, now, replayed=0, warnings=())
    record(connection, result, tally, delivery, asked_until=now, now=now)


def told_in_words(answer: Answer) -> str:
    """An answer in one line, for lists of what waits (Chinese)."""
    step = STEPS[answer.step]
    parts = [step.label, answer.category, answer.description or answer.note, answer.inspector]
    return "，".join(filter(None, parts)) + f"（{moment_label(answer.received_at)}收到）"
