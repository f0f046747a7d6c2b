"""Rows that could not be understood: kept whole with their reason, listed, corrected and replayed.

A row is corrected in our own columns (data dictionary, 文件格式), so a replay needs neither the source nor its mapping.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, select, update

from include.errors import InputError, StateError, redact
from include.former_names import present, with_present_names
from include.language import say
from include.rules import SIMULATED_LABEL
from include.sources import merge
from include.sources.chain_words import ChainWords
from include.sources.checks import check, with_misfits
from include.sources.clocks import NOT_YET, TOO_LATE, latest_told, told_moments, too_late
from include.sources.contacts import decisions as contact_decisions
from include.sources.contacts.book import contacts_of
from include.sources.hashes import row_hash, row_json
from include.sources.layout import CONTACTS, DATA_ORIGIN, LAYOUTS, Layout
from include.sources.places import places
from include.sources.reading.characters import visible
from include.store import bulk
from include.store.engine import writing
from include.store.statements import frame
from include.store.tables import audit, quarantine

INTAKE: Final = "intake"  # who replays rows whose alarm has come


@dataclass(frozen=True)
class QuarantinedRow:
    """One row in quarantine. `row` is as it came, `fields` in our own columns (empty: it could not be split)."""

    quarantine_id: int
    source: str
    kind: str
    origin: str
    field: str
    value: str
    reason: str
    row: Mapping[str, Any]
    fields: Mapping[str, str]
    received_at: datetime
    state: str
    settled_at: datetime | None
    settled_by: str | None
    speaker: str | None = None

    @property
    def is_simulated(self) -> bool:
        """Whether a person must see 模拟数据 beside it."""
        return self.fields.get(DATA_ORIGIN) == SIMULATED_LABEL


@dataclass(frozen=True)
class Rejected:
    """One row on its way into quarantine. `alarm_id`: what an answer form's row that could not be split names, for its sender."""

    kind: str
    origin: str
    field: str
    value: str
    reason: str
    row_json: str
    fields_json: str | None
    waits_for: str | None = None
    alarm_id: str = ""


def rejected_row(
    kind: str,
    origin: str,
    field: str,
    reason: str,
    raw: Mapping[str, str],
    own: Mapping[str, str],
    *,
    waits: bool = False,
) -> Rejected:
    """A row that was split but not accepted; `waits`: only its alarm is missing."""
    value = own.get(field, "")
    return Rejected(
        kind,
        origin,
        field,
        value,
        reason,
        row_json(dict(raw)),
        row_json(dict(own)),
        own["alarm_id"] if waits else None,
    )


def keep(
    connection: Connection,
    source: str,
    rows: Collection[Rejected],
    *,
    now: datetime,
    speaker: str | None = None,
) -> set[str]:
    """Puts rows into quarantine; a row that is there already, in whatever state, stays as it is. `speaker`: see `staging.commit`.
    Returns the `row_hash` of each."""
    table = pd.DataFrame([vars(row) for row in rows], dtype=object)
    if table.empty:
        return set()
    table = table.drop(columns="alarm_id")
    for name in ("origin", "value", "row_json", "fields_json"):
        table[name] = [text if text is None else redact(text) for text in table[name]]
    table["row_hash"] = [row_hash(text) for text in table["row_json"]]
    table = table.drop_duplicates(["kind", "row_hash"])
    merge.want(connection, table["row_hash"].astype("str"))
    known = frame(connection, "quarantined_rows", source=source)
    is_known = pd.MultiIndex.from_frame(table[["kind", "row_hash"]]).isin(pd.MultiIndex.from_frame(known))
    told = set(table["row_hash"])
    table = table[~is_known].assign(
        source=source,
        state="open",
        received_at=pd.Timestamp(now).tz_convert("UTC").as_unit("us"),
        origin=lambda rows: rows["origin"].str[:512],
        value=lambda rows: rows["value"].map(_storable),
        speaker=speaker,
    )
    texts = [name for name in table.columns if name != "received_at"]
    bulk.insert(connection, quarantine, table.astype(dict.fromkeys(texts, "str")))
    return told


def told_too_early(
    connection: Connection, layout: Layout, rows: pd.DataFrame, raw: pd.DataFrame, source: str
) -> NDArray[np.bool_]:
    """Which checked rows stand in quarantine, settled or not, since before the time that they tell of: that time's coming does not
    make them facts. `raw`: the same rows as they came, by which they are known again."""
    is_early = np.zeros(len(rows), dtype=bool)
    if not layout.changes or rows.empty:
        return is_early
    told_at = rows[list(told_moments(layout))].max(axis=1)
    known = {"source": source, "kind": layout.name, "reasons": (TOO_LATE, NOT_YET)}
    found = frame(connection, "quarantined_before_their_time", **known)
    if found.empty:
        return is_early
    latest = latest_told(found["received_at"])
    allowed_until = latest.groupby(found["row_hash"]).min().to_dict()
    for place in np.flatnonzero(told_at > latest.min()):
        until = allowed_until.get(
            row_hash(redact(row_json({str(name): text for name, text in raw.iloc[place].items()})))
        )
        is_early[place] = until is not None and told_at.iloc[place] > until
    return is_early


def keep_only(
    connection: Connection, source: str, kind: str, rows: Collection[Rejected], *, by: str, now: datetime
) -> None:
    """Makes the open rows of a kind that a source tells whole each time exactly `rows`: what is not among them any more is
    settled (`replayed`) by `by`, what was settled and is back is open again."""
    merge.prepare(connection)
    hashes = {row_hash(row.row_json) for row in rows}
    columns = (quarantine.c.quarantine_id, quarantine.c.row_hash, quarantine.c.state)
    mine = (quarantine.c.source == source, quarantine.c.kind == kind)
    for number, digest, state in connection.execute(select(*columns).where(*mine)).all():
        if state == "open" and digest not in hashes:
            _set(connection, number, state="replayed", settled_at=now, settled_by=by)
        elif state != "open" and digest in hashes:
            _set(connection, number, state="open", settled_at=None, settled_by=None)
    keep(connection, source, rows, now=now)


def list_rows(
    connection: Connection, *, state: str | None = "open", source: str | None = None, limit: int = 200
) -> list[QuarantinedRow]:
    """Rows in quarantine, the latest first; `state` None: all."""
    query = select(quarantine).order_by(quarantine.c.quarantine_id.desc()).limit(limit)
    query = query if state is None else query.where(quarantine.c.state == state)
    query = query if source is None else query.where(quarantine.c.source == source)
    return [_row(row) for row in connection.execute(query).mappings()]


def show(connection: Connection, quarantine_id: int) -> QuarantinedRow:
    """One row. Raises InputError when there is none of that number."""
    row = (
        connection.execute(select(quarantine).where(quarantine.c.quarantine_id == quarantine_id))
        .mappings()
        .first()
    )
    if row is None:
        raise InputError(
            "no such row in quarantine", where="quarantine", got=quarantine_id, todo="run: quarantine list"
        )
    return _row(row)


def correct(
    engine: Engine, quarantine_id: int, values: Mapping[str, str], *, by: str, reason: str, now: datetime
) -> QuarantinedRow:
    """Changes fields of an open row (our own columns), with an audit entry; `replay` then stores it."""
    with writing(engine, lock="intake") as connection:
        row = _open(connection, quarantine_id)
        layout = _layout(row)
        values = with_present_names(values)
        unknown = sorted(set(values) - set(layout.names))
        if unknown:
            raise InputError(
                "no such column",
                where=f"quarantine {quarantine_id}",
                got=", ".join(unknown),
                expected=", ".join(layout.names),
            )
        fields = {**dict.fromkeys((*layout.names, DATA_ORIGIN), ""), **row.fields, **values}
        changes = say("；").join(
            say("{name}：{fields} → {value}", name=name, fields=row.fields.get(name, ""), value=value)
            for name, value in values.items()
        )
        _set(connection, quarantine_id, fields_json=row_json(fields), waits_for=None)
        _record(
            connection,
            quarantine_id,
            "correct",
            row.state,
            row.state,
            say("{reason}（{changes}）", reason=reason, changes=changes),
            by=by,
            now=now,
        )
        return replace(row, fields=fields)


def replay(engine: Engine, quarantine_ids: Collection[int], *, by: str, now: datetime) -> dict[int, str]:
    """Checks open rows again and stores those that are good now, in one transaction; returns what is still wrong, by row."""
    with writing(engine, lock="intake") as connection:
        rows = [_open(connection, number) for number in quarantine_ids]
        for row in rows:
            _layout(row)
        unsplit = {
            row.quarantine_id: say("该行未能拆分成列，请先补录各字段") for row in rows if not row.fields
        }
        table = pd.DataFrame(
            [
                (
                    row.quarantine_id,
                    row.source,
                    row.kind,
                    json.dumps(dict(row.fields)),
                    row.received_at,
                    row.speaker,
                )
                for row in rows
                if row.fields
            ],
            columns=["quarantine_id", "source", "kind", "fields_json", "received_at", "speaker"],
        )
        return unsplit | _replay(connection, table, by=by, now=now)


def discard(engine: Engine, quarantine_id: int, *, by: str, reason: str, now: datetime) -> None:
    """Settles an open row without storing it."""
    with writing(engine, lock="intake") as connection:
        row = _open(connection, quarantine_id)
        _set(connection, quarantine_id, state="discarded", settled_at=now, settled_by=by)
        _record(connection, quarantine_id, "discard", row.state, "discarded", reason, by=by, now=now)


def settle_taken(connection: Connection, quarantine_id: int, *, by: str, reason: str, now: datetime) -> None:
    """Settles a row about a file that a person decided to take, with an audit entry."""
    _set(connection, quarantine_id, state="replayed", settled_at=now, settled_by=by)
    _record(connection, quarantine_id, "take", "open", "replayed", reason, by=by, now=now)


def settle_corrected(connection: Connection, quarantine_id: int, origin: str, *, now: datetime) -> None:
    """Settles an open row that its source has told rightly since, with an audit entry. `origin`: where it stood."""
    _set(connection, quarantine_id, state="replayed", settled_at=now, settled_by=INTAKE)
    reason = say("来源已更正：{origin}", origin=origin)
    _record(connection, quarantine_id, "correct", "open", "replayed", reason, by=INTAKE, now=now)


def retry_waiting(connection: Connection, *, now: datetime) -> int:
    """Stores the rows whose alarm is known by now; returns how many. Part of every pull's transaction."""
    waiting = frame(connection, "rows_that_can_be_retried")
    still_wrong = _replay(connection, waiting, by=INTAKE, now=now)
    return len(waiting) - len(still_wrong)


def _replay(connection: Connection, rows: pd.DataFrame, *, by: str, now: datetime) -> dict[int, str]:
    merge.prepare(connection)
    wrong: dict[int, str] = {}
    known_places = places(connection)
    words: dict[tuple[str, str | None], ChainWords[int]] = {}
    for kind, layout in LAYOUTS.items():
        for (source, speaker), group in rows[rows["kind"] == kind].groupby(
            ["source", "speaker"], dropna=False
        ):
            whose = str(speaker) if isinstance(speaker, str) else None
            told = words.setdefault((str(source), whose), ChainWords(connection, str(source), whose, now))
            numbers = group["quarantine_id"].to_numpy()
            checked = check(layout, own_rows(layout, group["fields_json"]), known_places)
            checked = with_misfits(checked, too_late(layout, checked.rows, group["received_at"]))
            reasons: dict[int, tuple[str, str, str | None]] = {
                int(numbers[place]): (*checked.reasons[reason], None)
                for place, reason in enumerate(checked.reject)
                if reason >= 0
            }
            good, at = checked.rows[checked.is_good].reset_index(drop=True), numbers[checked.is_good]
            is_fit = np.ones(len(good), dtype=bool)
            for misfit in merge.misfits(connection, layout, good):
                for place in np.flatnonzero(misfit.rows & is_fit):
                    waits_for = good["alarm_id"].iloc[place] if misfit.waits else None
                    reasons[int(at[place])] = (misfit.field, misfit.reason, waits_for)
                is_fit &= ~misfit.rows
            if layout is CONTACTS:  # what a person corrected is that person's decision
                rows_of = contacts_of(good[is_fit])
                contact_decisions.save(
                    connection,
                    rows_of,
                    actor=by,
                    reason=say("补录隔离行"),
                    now=now,
                    is_list=True,
                    source=str(source),
                )
            else:
                is_step = np.zeros(len(good), dtype=bool)
                is_step[is_fit] = told.are_steps(layout, good[is_fit])
                told.add(layout, good[is_step], [int(number) for number in at[is_step]])
                is_fit &= ~is_step
                merge.store(connection, layout, good[is_fit], source=str(source), now=now)
            for number in at[is_fit]:
                _set(connection, int(number), state="replayed", settled_at=now, settled_by=by, waits_for=None)
                _record(connection, int(number), "replay", "open", "replayed", "", by=by, now=now)
            for number, (field, reason, waits_for) in reasons.items():
                _set(connection, number, field=field, reason=reason, waits_for=waits_for)
                wrong[number] = say("{field}：{reason}", field=field, reason=reason)
    for told in words.values():
        done = told.settle()
        for number in (*done.taken, *done.known):
            _set(connection, number, state="replayed", settled_at=now, settled_by=by, waits_for=None)
            _record(connection, number, "replay", "open", "replayed", "", by=by, now=now)
        for number, reason in done.refused:
            _set(connection, number, field="alarm_id", reason=reason, waits_for=None)
            wrong[number] = say("{field}：{reason}", field="alarm_id", reason=reason)
    return wrong


def own_rows(layout: Layout, texts: pd.Series[str]) -> pd.DataFrame:
    """Rows as the quarantine keeps them (`fields_json`), as a check reads them."""
    parsed = [with_present_names(json.loads(text)) for text in texts]
    names = (*layout.names, DATA_ORIGIN)
    rows = pd.DataFrame(
        {name: pd.array([str(row.get(name, "")) for row in parsed], dtype="str") for name in names}
    )
    return visible(rows)[0]


def _open(connection: Connection, quarantine_id: int) -> QuarantinedRow:
    row = show(connection, quarantine_id)
    if row.state != "open":
        raise StateError(
            "the row is settled already",
            where=f"quarantine {quarantine_id}",
            expected="open",
            got=f"{row.state} by {row.settled_by}",
        )
    return row


def _layout(row: QuarantinedRow) -> Layout:
    if row.kind not in LAYOUTS:
        raise InputError(
            "rows of this kind are not corrected here",
            where=f"quarantine {row.quarantine_id}",
            got=row.kind,
            todo="correct the file and import it again: the row then settles itself",
        )
    return LAYOUTS[row.kind]


def _set(connection: Connection, quarantine_id: int, **values: Any) -> None:
    connection.execute(update(quarantine).where(quarantine.c.quarantine_id == quarantine_id).values(**values))


def _record(
    connection: Connection,
    quarantine_id: int,
    action: str,
    before: str,
    after: str,
    reason: str,
    *,
    by: str,
    now: datetime,
) -> None:
    connection.execute(
        audit.insert().values(
            at=now,
            actor=by,
            subject="quarantine",
            subject_id=str(quarantine_id),
            action=action,
            from_state=before,
            to_state=after,
            reason=reason,
        )
    )


def _row(row: Mapping[Any, Any]) -> QuarantinedRow:
    return QuarantinedRow(
        quarantine_id=row["quarantine_id"],
        source=row["source"],
        kind=row["kind"],
        origin=row["origin"],
        field=present(row["field"]),
        value=row["value"],
        reason=row["reason"],
        row=json.loads(row["row_json"]),
        fields=with_present_names(json.loads(row["fields_json"])) if row["fields_json"] else {},
        received_at=row["received_at"],
        state=row["state"],
        settled_at=row["settled_at"],
        settled_by=row["settled_by"],
        speaker=row["speaker"],
    )


def _storable(text: str) -> str:
    return text.replace("\x00", "␀").encode("utf-8", "backslashreplace").decode()
