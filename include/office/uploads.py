"""An answer form that a person hands in at the desk: what each row of it would do, and, once they say so, doing it.

Looking is the taking itself, undone at the end: what the person reads before they agree is what will happen. The form counts from
the moment that the office received it, which the person states (never the unit); the audit trail of the letter keeps it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from sqlalchemy import Connection, func, select

from include.act import Act
from include.answer_form.reading import LAST_ROW, NEEDED_SHEETS, ReadForm, own_sheets, read_form_sheets
from include.chain.machine import chain_of
from include.errors import InputError, StateError
from include.house import House
from include.language import say
from include.office.form_rows import FormLine, form_lines
from include.office.mailroom.answers import is_known_form
from include.office.mailroom.matching import Match, letter_by_key
from include.post import audit
from include.profile.current import office
from include.rules import receipt_second
from include.sources.config import SourceConfig
from include.sources.delivery import Part
from include.sources.forms import FormTaken, take_form
from include.sources.inspected import NO_SUCH
from include.sources.places import places
from include.sources.reading.file_names import label
from include.sources.reading.workbooks import SheetRow, sheet_names, sheet_rows
from include.store import tables
from include.store.alarm_aliases import main_ids
from include.store.chain import chain_events
from include.store.chain_tables import chain_event
from include.store.engine import writing
from include.store.facts import pushes_of, states_of
from include.supervision.feedback import judge, standing

SOURCE: Final = "desk"
MOST_BYTES: Final = 1_000_000
Outcome = Literal["new", "known", "refused"]


@dataclass(frozen=True)
class FormRow:
    """One row of the form that was filled in. `event`: acknowledged, submitted, disputed, or empty where the row only adds a
    problem to the one above; `standing`: what its alarm then is (a word of `supervision.feedback.standing`); `task_state`: how the
    unit's task of a chain then stands (a state of `chain.steps`), empty without one."""

    line: int
    alarm_id: str
    event: str
    problem: str
    who: str
    outcome: Outcome
    reason: str
    standing: str
    task_state: str = ""


@dataclass(frozen=True)
class Upload:
    """What a form does. `others`: why something of it that is no row (a suspect) cannot be used; `inspected`: suspects that can."""

    letter: Match
    unit_name: str
    number: str
    received_at: datetime
    rows: tuple[FormRow, ...]
    others: tuple[str, ...]
    inspected: int

    def count(self, outcome: Outcome) -> int:
        """The rows of this outcome."""
        return sum(row.outcome == outcome for row in self.rows)


@dataclass(frozen=True)
class HandedIn:
    """A file as it was handed in, and when the office had received it (None: now)."""

    name: str
    content: bytes
    received_at: datetime | None = None


def look_at(house: House, file: HandedIn, now: datetime) -> Upload:
    """What taking the form would do; nothing is kept. Raises InputError for a file that is no form of ours or a moment that cannot be,
    StateError for a form that was taken before or whose letter never left."""
    return _handled(house, file, Act(now, "look"), is_kept=False)


def take_in(house: House, file: HandedIn, act: Act) -> Upload:
    """Takes the form in, with a row in the letter's audit trail. Raises as `look_at`."""
    return _handled(house, file, act, is_kept=True)


def _handled(house: House, file: HandedIn, act: Act, *, is_kept: bool) -> Upload:
    received_at = receipt_second(file.received_at or act.now)
    if received_at > act.now:
        raise InputError(
            "a form cannot have been received later than now",
            where="received",
            got=received_at.isoformat(),
            expected=f"not after {act.now.isoformat()}",
        )
    form = _read(house, file, received_at)
    parts = form.delivery.seen()
    if not form.delivery.inspected and not any(len(part.chunk.rows) or part.chunk.broken for part in parts):
        raise InputError("nothing is filled in", where=file.name, todo="fill in the form and upload it again")
    digest = hashlib.sha256(file.content).hexdigest()
    with writing(house.engine, lock="intake") as connection:
        letter = _letter(connection, form.letter.key, digest, received_at)
        step = connection.begin_nested()
        done, rows = judged_rows(
            connection,
            form,
            lambda: _take(connection, house, form, digest, file.name, received_at, act.now),
            act.now,
        )
        if is_kept:
            step.commit()
            said = say(
                "录入反馈表 {name}（sha256 {digest}）：{reason}",
                name=file.name,
                digest=digest[:12],
                reason=act.reason,
            )
            change = audit.Change("letter", letter.letter_key, "take_form", None, None, said)
            audit.record(connection, [change], now=act.now, actor=act.actor)
        else:
            step.rollback()
        own = tables.letter.c
        number = connection.execute(
            select(own.number).where(own.letter_id == letter.letter_id)
        ).scalar_one_or_none()
        unit_name = _unit_name(connection, letter.unit_code)
    others = tuple(f"{alarm_id} {say(NO_SUCH)}" for alarm_id in done.strange)
    return Upload(
        letter,
        unit_name,
        number or "",
        received_at,
        rows,
        others,
        len(form.delivery.inspected) - len(others),
    )


def judged_rows(
    connection: Connection, form: ReadForm, take: Callable[[], FormTaken], now: datetime
) -> tuple[FormTaken, tuple[FormRow, ...]]:
    """What taking a form makes of its rows, and how their alarms stand then; the caller keeps it or undoes it."""
    alarms, parts = form.letter.alarms, form.delivery.seen()
    before = _told(connection, alarms)
    done = take()
    changed = _changed(before, _told(connection, alarms))
    standings = _standings(connection, alarms, now)
    tasks = _task_states(connection, alarms, form.letter.unit_code, now)
    return done, _rows(parts, done.by_row, changed, standings, tasks)


def _read(house: House, file: HandedIn, received_at: datetime) -> ReadForm:
    if len(file.content) > MOST_BYTES:
        raise InputError(
            "the file is too large",
            where=file.name,
            expected=f"at most {MOST_BYTES} bytes",
        )
    try:
        sheets = _sheets(file)
    except InputError as error:  # of a file that lies in a folder of its own, which nobody knows
        told = {"expected": error.expected, "got": error.got, "todo": error.todo}
        raise InputError(error.what, where=file.name, **told) from error
    if not set(NEEDED_SHEETS) <= sheets.keys():
        raise InputError(
            "the file is no answer form",
            where=file.name,
            expected=say("工作表{names}", names=say("、").join(map(say, NEEDED_SHEETS))),
            todo="upload the form that came with the letter",
        )
    return read_form_sheets(house.engine, file.name, file.name, sheets, now=received_at)


def _sheets(file: HandedIn) -> dict[str, list[SheetRow]]:
    """The sheets of the form, by the house's own names; those that it lacks are missing."""
    with TemporaryDirectory(prefix="qianliyan-") as folder:
        path = Path(folder) / "form.xlsx"
        path.write_bytes(file.content)
        found = own_sheets(sheet_names(path))
        told = sheet_rows(path, list(found.values()), last=LAST_ROW) if found else {}
    return {own: told[name] for own, name in found.items()}


def shown_name(name: str) -> str:
    """The name of an uploaded file as people and databases can have it."""
    return label(Path(name.replace("\\", "/").rpartition("/")[2] or "form.xlsx"))


def _letter(connection: Connection, key: str, digest: str, received_at: datetime) -> Match:
    letter = letter_by_key(connection, key, "form")
    if letter is None:
        raise StateError("the letter of this form has not left", where=key, todo="release the letter first")
    if is_known_form(connection, digest, letter.letter_id):
        raise StateError("this very form was taken before", where=key, todo="look at the unit's page")
    own = tables.letter.c
    composed_at = connection.execute(
        select(own.composed_at).where(own.letter_id == letter.letter_id)
    ).scalar_one()
    if received_at < composed_at:
        raise InputError(
            "a form cannot have been received before its letter was made",
            where="received",
            got=received_at.isoformat(),
            expected=f"not before {composed_at.isoformat()}",
        )
    return letter


def _take(
    connection: Connection,
    house: House,
    form: ReadForm,
    digest: str,
    name: str,
    received_at: datetime,
    now: datetime,
) -> FormTaken:
    source = SourceConfig(SOURCE, "inbox", "the desk")
    owners = {one.name for one in (*house.sources, *house.mailboxes) if one.is_unit} | {SOURCE}
    return take_form(
        connection,
        source,
        owners,
        form,
        places(connection),
        received_at=received_at,
        sent_at=None,
        fingerprint=digest,
        origin=name,
        now=now,
    )


def _told(connection: Connection, alarm_ids: Iterable[str]) -> dict[str, int]:
    """How much is known of each of these alarms: its steps and problems with their revisions, under the alarm's own number."""
    main = main_ids(connection, alarm_ids)
    counted: dict[str, int] = {}
    for table in (tables.feedback_event, tables.problem, chain_event):
        for some in _pieces(sorted(alarm_ids)):
            ids = [main.get(one, one) for one in some]
            own = table.c.alarm_id
            query = select(own, func.count()).where(own.in_(ids)).group_by(own)
            found = {row[0]: row[1] for row in connection.execute(query)}
            for one in some:
                counted[one] = counted.get(one, 0) + found.get(main.get(one, one), 0)
    return counted


def _changed(before: dict[str, int], after: dict[str, int]) -> frozenset[str]:
    return frozenset(one for one, count in after.items() if count != before.get(one, 0))


def _standings(connection: Connection, alarm_ids: Iterable[str], now: datetime) -> dict[str, str]:
    """What each of these alarms is as of now."""
    main = main_ids(connection, alarm_ids)
    states = states_of(
        connection, pushes_of(connection, sorted({main.get(one, one) for one in alarm_ids})), now
    )
    words = {str(row["alarm_id"]): standing(row) for row in judge(states, now).to_dict("records")}
    return {one: words[own] for one in alarm_ids if (own := main.get(one, one)) in words}


def _task_states(
    connection: Connection, alarm_ids: Iterable[str], unit_code: str, now: datetime
) -> dict[str, str]:
    """How the unit's task of each of these alarms stands, where it has one."""
    if office().chain is None:
        return {}
    ids = tuple(alarm_ids)
    main = main_ids(connection, ids)
    chains = {one: chain_of(chain_events(connection, main.get(one, one))) for one in ids}
    tasks = {one: chain.task_of(unit_code, now) for one, chain in chains.items()}
    return {one: task.state for one, task in tasks.items() if task}


def _pieces(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[begin : begin + 500] for begin in range(0, len(ids), 500))


def _unit_name(connection: Connection, unit_code: str | None) -> str:
    city = tables.city.c
    found = connection.execute(select(city.unit_name).where(city.unit_code == unit_code)).scalar_one_or_none()
    return str(found or unit_code or "")


def _rows(
    parts: Iterable[Part],
    refused: Mapping[str, str],
    changed: frozenset[str],
    standings: dict[str, str],
    tasks: dict[str, str],
) -> tuple[FormRow, ...]:
    """One row a line of the form, in its order."""
    lines = form_lines(parts, refused)
    return tuple(_row(line, about, changed, standings, tasks) for line, about in lines.items())


def _row(
    line: int,
    about: FormLine,
    changed: frozenset[str],
    standings: dict[str, str],
    tasks: dict[str, str],
) -> FormRow:
    alarm_id = about.alarm_id
    outcome: Outcome = "refused" if about.reason else "new" if alarm_id in changed else "known"
    return FormRow(
        line,
        alarm_id,
        about.event,
        about.problem,
        about.who,
        outcome,
        about.reason,
        standings.get(alarm_id, ""),
        tasks.get(alarm_id, ""),
    )
