"""A city's filled-in answer form (热点网格排查反馈表) as feedback events and problems.

The form's code ties a row to one letter and one alarm. A row that does not fit, or is filled in by half, is set apart
with its reason; rows that were left empty are no answers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import Engine

from include.answer_form import layout as form
from include.answer_form.code import answer_code
from include.answer_form.reading_suspects import inspected_suspects, typed_code
from include.errors import InputError
from include.language import say
from include.periods import DAY, office_zone
from include.profile.current import office
from include.rules import SIMULATED_LABEL
from include.sources.checks import FIRST_YEAR, LAST_YEAR
from include.sources.delivery import BrokenRow, Chunk, Delivery, Inspected, Part, named_cells, text_frame
from include.sources.layout import DATA_ORIGIN, FEEDBACK, PROBLEMS
from include.sources.mapping.language import TableMapping
from include.sources.reading.characters import narrow_text, visible_text
from include.sources.reading.file_names import label
from include.sources.reading.time_limits import OutOfTime
from include.sources.reading.workbooks import FORMULA, SheetRow, sheet_names, sheet_rows
from include.store.engine import reading
from include.store.statements import frame

LAST_ROW: Final = 5000
NEEDED_SHEETS: Final = (form.FORM_SHEET, form.GUIDE_SHEET)
_FREE: Final = frozenset({"description", "unit", "inspector", "note"})
_CHOSEN: Final = frozenset({"result", "category", "rectification"})
_OURS: Final = tuple(column for column in form.COLUMNS if not column.is_ours)
# Dates and times as people type them into cells that were formatted as text.
_TYPED = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:[T ]\s*([0-9]{1,2})[:时]([0-9]{2})?(?:[:分][0-9]{0,2}\.?[0-9]{0,9})?)?"
)


@dataclass(frozen=True)
class Letter:
    """The letter that a form went out with: its unit, and the alarms that it names."""

    key: str
    unit_code: str
    is_simulated: bool
    alarms: frozenset[str]


# What is wrong with a row, and the keys of the columns that it is about.
Fault = tuple[str, Collection[str]]


@dataclass
class _Answers:
    feedback: dict[tuple[str, str, str], tuple[int, list[str]]] = field(default_factory=dict)
    problems: list[tuple[int, list[str]]] = field(default_factory=list)
    broken: list[BrokenRow] = field(default_factory=list)


def is_answer_form(path: Path) -> bool:
    """Whether the file is a workbook with the sheets of the answer form. Raises OutOfTime."""
    if path.suffix.lower() != ".xlsx":
        return False
    try:
        return set(NEEDED_SHEETS) <= own_sheets(sheet_names(path)).keys()
    except OutOfTime:
        raise
    except InputError:
        return False


def read_answer_form(engine: Engine, path: Path, *, now: datetime) -> ReadForm:
    """The answers in a form, and whose they are. `now` dates an acknowledgement without a time of its own.

    Raises InputError when the form cannot be read, is of another version, or names no letter of ours.
    """
    sheets = sheet_rows(path, list(own_sheets(sheet_names(path)).values()), last=LAST_ROW)
    return read_form_sheets(engine, str(path), label(path), sheets, now=now)


@dataclass(frozen=True)
class ReadForm:
    """What a form says, and the letter that it went out with."""

    letter: Letter
    delivery: Delivery


def read_form_sheets(
    engine: Engine, path: str, origin: str, sheets: Mapping[str, list[SheetRow]], *, now: datetime
) -> ReadForm:
    """The answers in the sheets of a form (`NEEDED_SHEETS` and, where it has one, that of the suspects). `path` is named in errors,
    `origin` beside each row. Raises InputError as `read_answer_form`."""
    sheets = {name: sheets[told] for name, told in own_sheets(sheets).items()}
    letter_key, version = (
        _cell(sheets[form.GUIDE_SHEET], cell) for cell in (form.LETTER_KEY_CELL, form.FORM_VERSION_CELL)
    )
    if version not in (form.FORM_VERSION, *form.FORMER_HEADERS):
        raise InputError(
            "the answer form is of another version",
            where=path,
            expected=" or ".join((form.FORM_VERSION, *form.FORMER_HEADERS)),
            got=version or "none",
        )
    rows = [row for row in sheets[form.FORM_SHEET] if row.number >= form.HEADER_ROW]
    header = rows[0].texts if rows and rows[0].number == form.HEADER_ROW else []
    places = _places(path, header, version)
    letter = _letter(engine, path, letter_key)
    answers = _answers(rows[1:], places, letter, now)
    inspected: tuple[Inspected, ...] = ()
    if form.SUSPECT_SHEET in sheets:
        inspected, broken = inspected_suspects(sheets[form.SUSPECT_SHEET], letter.key, letter.alarms)
        answers.broken.extend(broken)
    delivery = Delivery(
        _parts(origin, answers), is_cut=True, parts_expected=1, parts_received=1, inspected=inspected
    )
    return ReadForm(letter, delivery)


def own_sheets(names: Iterable[str]) -> dict[str, str]:
    """Which sheets of a workbook are those of the form: what they are called in it, by the house's own name."""
    wanted = (form.FORM_SHEET, form.GUIDE_SHEET, form.SUSPECT_SHEET)
    told = {form.house_word(name, wanted): name for name in names}
    return {name: told[name] for name in wanted if name in told}


def _cell(rows: list[SheetRow], cell: str) -> str:
    """The text of a cell such as `B3`."""
    column, number = ord(cell[0]) - ord("A"), int(cell[1:])
    return next((narrow_text(row.text(column)) for row in rows if row.number == number), "")


def _letter(engine: Engine, path: str, key: str) -> Letter:
    with reading(engine) as connection:
        rows = frame(connection, "letters_answered", letter_key=key)
    if rows.empty:
        raise InputError(
            "the answer form belongs to no letter of ours",
            where=f"{path}, {form.GUIDE_SHEET}!{form.LETTER_KEY_CELL}",
            got=key or "nothing",
            todo="ask the city for the form that came with its letter",
        )
    return Letter(
        key, str(rows["unit_code"].iloc[0]), bool(rows["is_simulated"].any()), frozenset(rows["alarm_id"])
    )


def _places(path: str, header: list[str], version: str) -> dict[str, int]:
    """Where each column stands: found by its header, so that a column which the city put in does no harm."""
    headers = [column.header for column in form.COLUMNS]
    titles = [form.house_word(visible_text(text).strip(), headers) for text in header]
    former = form.FORMER_HEADERS.get(version, {})
    wanted = {
        column.key: former.get(column.key, column.header)
        for column in form.COLUMNS
        if column.key in ("code", "alarm_id") or not column.is_ours
    }
    missing = [title for title in wanted.values() if titles.count(title) != 1]
    if missing:
        raise InputError(
            "columns are missing or stand twice",
            where=f"{path}, {form.FORM_SHEET} row {form.HEADER_ROW}",
            expected=", ".join(missing),
            todo="fill in the form that came with the letter",
        )
    return {key: titles.index(title) for key, title in wanted.items()}


def _answers(rows: list[SheetRow], places: dict[str, int], letter: Letter, now: datetime) -> _Answers:
    answers = _Answers()
    counted: dict[str, int] = {}
    for told in rows:
        row = {key: _typed_text(key, told.text(place)) for key, place in places.items()}
        if not any(row[column.key] for column in _OURS):
            continue
        formulas = {key for key, place in places.items() if place in told.formulas}
        faults = [(FORMULA, formulas)] if formulas else _faults(row, letter)
        if faults:
            answers.broken.append(_broken(told.number, row, faults))
            continue
        _add(answers, counted, told.number, row, letter, now)
    return answers


def _broken(line: int, row: Mapping[str, str], faults: Sequence[Fault]) -> BrokenRow:
    """A row that cannot be used: every fault of it, and its cells by name, those that are at fault first."""
    at_fault = {key for _, keys in faults for key in keys}
    seen = {key: say(text) if key in _CHOSEN and text else text for key, text in row.items()}
    cells = [(column.title, seen[column.key]) for column in form.COLUMNS if column.key in at_fault]
    cells += [
        (column.title, seen[column.key])
        for column in form.COLUMNS
        if column.key in seen.keys() - at_fault - {"code"} and seen[column.key]
    ]
    return BrokenRow(line, named_cells(cells), say("；").join(words for words, _ in faults), row["alarm_id"])


def _typed_text(key: str, text: str) -> str:
    """What was typed: codes, choices and times as they are compared and counted; other texts whole, for the check to clean."""
    if key in _FREE:
        return text.strip()
    if key == "code":
        return typed_code(text)
    if key not in _CHOSEN:
        return narrow_text(text)
    return form.house_word(visible_text(text).strip(), (*form.RESULTS, *form.RECTIFICATIONS))


def _faults(row: dict[str, str], letter: Letter) -> list[Fault]:
    """Everything that is wrong with a row, each with the keys of its columns; nothing of a row that can be used."""
    faults = [*_answer_faults(row, letter), *_date_faults(row)]
    if not faults:
        return []  # a category that nobody knows loses the problem alone, not the answer: the check of problems names it
    told = {key for _, keys in faults for key in keys}
    return faults + [_choice_fault(key) for key in _unknown_choices(row) if key not in told]


def _answer_faults(row: dict[str, str], letter: Letter) -> list[Fault]:
    if row["code"] != answer_code(letter.key, row["alarm_id"]) or row["alarm_id"] not in letter.alarms:
        words = say(
            "应答码与函件（{key}）或报警编号不符：应使用随函所附表格，复制行时一并复制应答码和报警编号",
            key=letter.key,
        )
        return [(words, {"code", "alarm_id"})]
    if row["result"] not in form.RESULTS:
        return [_choice_fault("result")]
    faults: list[Fault] = []
    needed = [*form.RESULTS[row["result"]].needs]
    if "rectification" in needed and row["rectification"] in form.RECTIFICATIONS:
        needed.append(form.RECTIFICATIONS[row["rectification"]])
    elif "rectification" in needed:
        needed.remove("rectification")
        faults.append(_choice_fault("rectification"))
    empty = [column for column in _OURS if column.key in needed and not row[column.key]]
    if empty:
        names = say("、").join(column.title for column in empty)
        words = say("选择“{result}”时必填：{names}", result=say(row["result"]), names=names)
        faults.append((words, {column.key for column in empty}))
    return faults


def _unknown_choices(row: dict[str, str]) -> list[str]:
    """The keys of the columns whose word is none of those to choose from."""
    return [key for key, known in _choices().items() if row[key] and row[key] not in known]


def _choices() -> dict[str, tuple[str, ...]]:
    return {
        "result": tuple(form.RESULTS),
        "category": office().categories,
        "rectification": tuple(form.RECTIFICATIONS),
    }


def _choice_fault(key: str) -> Fault:
    title = next(column.title for column in form.COLUMNS if column.key == key)
    names = say("、").join(map(say, _choices()[key]))
    return say("{title}应从下拉列表选择：{names}", title=title, names=names), {key}


def _date_faults(row: dict[str, str]) -> list[Fault]:
    faults: list[Fault] = []
    for column in _OURS:
        text = row[column.key]
        if column.kind not in ("date", "moment") or not text:
            continue
        typed = _TYPED.fullmatch(text)
        if typed is None or (column.kind == "moment" and typed[4] is None) or _moment(text) is None:
            words = say(
                "{header}不是有效的{kind}：应如{example}",
                header=column.title,
                kind=say("时间") if column.kind == "moment" else say("日期"),
                example="2020-03-13 08:30" if column.kind == "moment" else "2020-03-13",
            )
            faults.append((words, {column.key}))
    return faults


def _add(
    answers: _Answers, counted: dict[str, int], line: int, row: dict[str, str], letter: Letter, now: datetime
) -> None:
    result = form.RESULTS[row["result"]]
    answered_at = _moment(row["answered_at"]) or now
    origin = SIMULATED_LABEL if letter.is_simulated else ""
    found = "" if result.problem_found is None else str(result.problem_found).lower()
    event = [
        row["alarm_id"],
        result.event,
        answered_at.isoformat(),
        row["unit"],
        row["inspector"],
        found,
        row["note"],
        answered_at.isoformat() if row["answered_at"] else "",
        origin,
    ]
    answers.feedback.setdefault((row["alarm_id"], result.event, event[2]), (line, event))
    if not result.problem_found:
        return
    answered_at = min(answered_at, now)  # a problem was found at the latest when the form came
    counted[row["alarm_id"]] = number = counted.get(row["alarm_id"], 0) + 1
    rectified = row["rectification"] == form.RECTIFIED
    rectified_at = min(_end_of_day(row["rectified_date"]), answered_at) if rectified else None
    promised = None if rectified else _end_of_day(row["rectify_by_date"])
    # A form does not say when a problem was found: at the latest when it was reported, or rectified.
    found_at = min(answered_at, rectified_at or answered_at)
    answers.problems.append(
        (
            line,
            [
                _problem_id(row["alarm_id"], number),
                row["alarm_id"],
                row["category"],
                row["description"],
                found_at.isoformat(),
                row["rectification"],
                promised.isoformat() if promised else "",
                rectified_at.isoformat() if rectified_at else "",
                origin,
            ],
        )
    )


def _problem_id(alarm_id: str, number: int) -> str:
    """Stays the same when the city hands in its form again."""
    plain = f"{alarm_id}-F{number}"
    return plain if len(plain) <= 64 else f"{hashlib.sha256(alarm_id.encode()).hexdigest()[:40]}-F{number}"


def _moment(text: str) -> datetime | None:
    """A time of the years that are read; 24:00 is the midnight that ends its day."""
    typed = _TYPED.fullmatch(text)
    if typed is None:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in typed.groups())
    is_end = (hour, minute) == (24, 0)
    try:
        moment = datetime(year, month, day, 0 if is_end else hour, minute, tzinfo=office_zone())
    except ValueError:
        return None
    return moment + DAY * is_end if FIRST_YEAR <= year <= LAST_YEAR else None


def _end_of_day(text: str) -> datetime:
    moment = _moment(text)
    if moment is None:
        raise ValueError(text)
    return moment.replace(hour=0, minute=0) + DAY


def _parts(origin: str, answers: _Answers) -> Iterator[Part]:
    broken = tuple(answers.broken)
    for layout, rows in ((FEEDBACK, list(answers.feedback.values())), (PROBLEMS, answers.problems)):
        lines = np.array([line for line, _ in rows], dtype=np.int64)
        table = text_frame([*layout.names, DATA_ORIGIN], [values for _, values in rows])
        yield Part(TableMapping(layout.name), Chunk(origin, lines, table, broken))
        broken = ()
