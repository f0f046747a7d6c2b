"""The rows of one answer form as facts, in the caller's transaction: what is new, what was known, what cannot be used and why.

A row that says what was said before is no second answer (`merge`); one that was sent before what is known already changes nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from include.answer_form.reading import ReadForm
from include.language import say
from include.language.told import sentence
from include.sources import quarantine
from include.sources.clocks import Receipt
from include.sources.config import SourceConfig
from include.sources.delivery import BrokenRow, Part, named_cells
from include.sources.inspected import NO_SUCH, keep_inspected
from include.sources.layout import FEEDBACK, LAYOUTS
from include.sources.mapping.language import TableMapping
from include.sources.names import EVENTS, FIELDS
from include.sources.places import Places
from include.sources.quarantine import Rejected
from include.sources.receipt import record, result_of
from include.sources.spool import Spool
from include.sources.staging import commit, stage
from include.store.alarm_aliases import main_ids
from include.store.statements import frame

_ID_LENGTH: Final = 64  # characters of an alarm's id
OLDER: Final = "此前已收到更晚发出的反馈，本行未采用"


@dataclass(frozen=True)
class Refusal:
    """What could not be used of one alarm: its id (empty where the row names none that can be read) and why (Chinese)."""

    alarm_id: str
    reason: str


@dataclass(frozen=True)
class FormTaken:
    """What became of a form's rows. `alarms`: those whose answer is a fact now, or was one already; `refused`: what could not be
    used and is in the quarantine, one an alarm (one a row, where it names none). `by_row`: why a row could not be used, by the
    origin that the quarantine names (`staging.origin_of`); `strange`: the alarms of suspects that nobody knows; `inspected`: of how many
    suspects the finding was kept."""

    alarms: frozenset[str]
    refused: tuple[Refusal, ...]
    by_row: Mapping[str, str] = field(default_factory=dict)
    strange: tuple[str, ...] = ()
    inspected: int = 0


def take_form(
    connection: Connection,
    source: SourceConfig,
    owners: Collection[str],
    form: ReadForm,
    known_places: Places,
    *,
    received_at: datetime,
    sent_at: datetime | None,
    fingerprint: str,
    origin: str,
    now: datetime,
) -> FormTaken:
    """Takes a form in as of its receipt. `owners`: sources whose problems a unit's word may revise; `sent_at`: when the sender's
    machine says that it went, used only against it."""
    delivery = form.delivery
    parts = list(delivery.parts)
    if not delivery.inspected and not any(len(part.chunk.rows) or part.chunk.broken for part in parts):
        return FormTaken(frozenset(), ())
    older = _older(connection, parts, form.letter.unit_code, sent_at, received_at)
    spool = Spool()
    try:
        for part in parts:
            stage(
                spool,
                _without(part, older),
                known_places,
                None,
                Receipt.of(source, received_at, is_form=True),
            )
        tables = [TableMapping(name) for name in LAYOUTS]
        tally = commit(
            connection,
            spool,
            tables,
            source=source.name,
            owners=owners,
            now=now,
            speaker=form.letter.unit_code,
        )
    finally:
        spool.close()
    inspected = [one for one in delivery.inspected if one.alarm_id not in older]
    strange = keep_inspected(connection, source.name, inspected, origin, received_at=received_at, now=now)
    replayed = quarantine.retry_waiting(connection, now=now)
    delivery.fingerprint = fingerprint
    tally.quarantined += len(strange)
    result = result_of(source, tally, now, now, replayed=replayed, warnings=delivery.warnings)
    record(connection, result, tally, delivery, asked_until=now, now=now)
    refused = [(_alarm_of(row), row.origin, row.reason) for row in tally.rejected]
    refused += [(one.alarm_id, "", say(NO_SUCH)) for one in strange]
    reasons: dict[str, dict[str, None]] = {}
    for row in tally.rejected:
        reasons.setdefault(row.origin, {})[_with_cell(row)] = None
    by_row = {origin: say("；").join(told) for origin, told in reasons.items()}
    return FormTaken(
        _answered(parts, tally.rejected) - older,
        _refusals(refused),
        by_row,
        tuple(one.alarm_id for one in strange),
        len(inspected) - len(strange),
    )


def _answered(parts: Iterable[Part], rejected: Iterable[Rejected]) -> frozenset[str]:
    """The alarms of which an event was taken: not each of those that the form tells was refused."""
    told = Counter(
        str(one)
        for part in parts
        if part.mapping.table == FEEDBACK.name
        for one in part.chunk.rows["alarm_id"]
    )
    told.subtract(_alarm_of(row) for row in rejected if row.kind == FEEDBACK.name and row.fields_json)
    return frozenset(alarm_id for alarm_id, count in told.items() if count > 0)


def _refusals(refused: Iterable[tuple[str, str, str]]) -> tuple[Refusal, ...]:
    """From alarm, place and reason of rows: an answer that stands on several rows, or is an event and a problem, is one."""
    reasons: dict[tuple[str, str], dict[str, None]] = {}
    for alarm_id, place, reason in refused:
        reasons.setdefault((alarm_id, "" if alarm_id else place), {})[reason] = None
    return tuple(Refusal(alarm_id, say("；").join(told)) for (alarm_id, _), told in reasons.items())


def _with_cell(row: Rejected) -> str:
    """Why a row could not be used, with the cell that is at fault; a row that could not be split names its columns in its reason."""
    if not row.field:
        return row.reason
    cell = named_cells([(sentence(FIELDS.get(row.field, row.field)), row.value)])
    return say("{reason}（{changes}）", reason=row.reason, changes=cell)


def _alarm_of(row: Rejected) -> str:
    """The alarm that a row of the quarantine names."""
    fields: Mapping[str, str] = json.loads(row.fields_json) if row.fields_json else {}
    return str(fields.get("alarm_id", row.alarm_id))[:_ID_LENGTH]


def _older(
    connection: Connection,
    parts: Iterable[Part],
    unit_code: str,
    sent_at: datetime | None,
    received_at: datetime,
) -> frozenset[str]:
    """The alarms of which something is known that was sent after this form."""
    named = {str(one) for part in parts for one in part.chunk.rows["alarm_id"]}
    if sent_at is None or not named:
        return frozenset()
    sent_at = min(sent_at, received_at)
    main = main_ids(connection, sorted(named))
    latest = frame(
        connection,
        "latest_words",
        alarm_ids=tuple({main.get(one, one) for one in named}),
        unit_code=unit_code,
    )
    late = set(latest["alarm_id"][latest["sent_at"] > sent_at])
    return frozenset(one for one in named if main.get(one, one) in late)


def _without(part: Part, older: frozenset[str]) -> Part:
    """The part with the rows of those alarms set apart."""
    chunk = part.chunk
    is_late = chunk.rows["alarm_id"].isin(older).to_numpy()
    if not is_late.any():
        return part
    broken = tuple(
        BrokenRow(int(chunk.lines[place]), _cells(row), say(OLDER), str(row["alarm_id"]))
        for place, row in ((place, chunk.rows.iloc[place]) for place in np.flatnonzero(is_late))
    )
    rest = chunk.rows[~is_late].reset_index(drop=True)
    return replace(
        part, chunk=replace(chunk, rows=rest, lines=chunk.lines[~is_late], broken=(*chunk.broken, *broken))
    )


def _cells(row: pd.Series[str]) -> str:
    """A row of our own columns as a person reads it."""
    told = {str(name): str(text) for name, text in row.items() if text}
    if "event" in told:
        told["event"] = sentence(EVENTS.get(told["event"], told["event"]))
    return named_cells((sentence(FIELDS.get(name, name)), text) for name, text in told.items())
