"""What became of letters: left, acknowledged, answered, accepted, rectified; of each alarm that one names, and by unit.

Hours are counted from when the letter left; a back-fill, which left long after its window, counts from its own as-of. A sign of life is
an acknowledgement, an answer or a dispute of the unit's at any alarm, or a form or reply by mail from one of its contacts or about the
letter; what the office does, an acceptance too, is none. A letter all of whose alarms were answered at its as-of asks nothing: nobody is
silent about it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, select

from include.desk.facts import values_of
from include.house import House
from include.letter_kinds import letter_kind
from include.periods import DAY
from include.store import tables
from include.store.engine import reading
from include.store.facts import cities_on, problems_of, states_of
from include.store.statements import frame
from include.supervision.feedback import COUNTED, COUNTED_PROBLEMS, judge, judge_problems, standing
from include.supervision.figures import Share

ANSWER: Final = "submitted"
LONGEST_WINDOW_DAYS: Final = 31  # a month
COLUMNS: Final = (
    "unit_code", "unit_name", "letters", "asking", "heard", "sign_hours", "alarms", "answered", "answer_hours", "accepted", "problems", "rectified",
)  # fmt: skip


@dataclass(frozen=True)
class AlarmFate:
    """One alarm that a letter names. `answered_at`: the first answer that came after the letter left, or the one that stood before it;
    `standing`: a word of `supervision.feedback.standing`."""

    alarm_id: str
    grid_id: str
    county: str
    point_name: str
    acknowledged_at: datetime | None
    answered_at: datetime | None
    is_answered: bool
    is_accepted: bool
    problems: int
    rectified: int
    standing: str


@dataclass(frozen=True)
class LetterFate:
    """One letter: when it left (None: it has not), its first sign of life, its alarms, whether it asks about any, and since when signs
    count where that is not since it left (a back-fill)."""

    left_at: datetime | None
    sign_at: datetime | None
    alarms: tuple[AlarmFate, ...]
    is_asking: bool = True
    counted_from: datetime | None = None

    @property
    def steps(self) -> tuple[tuple[str, Share], ...]:
        """The way of its alarms: 签收, 反馈, 验收 of all of them; 整改 of the problems that were found."""
        named = len(self.alarms)
        return (
            ("签收", Share(sum(one.acknowledged_at is not None for one in self.alarms), named)),
            ("反馈", Share(sum(one.is_answered for one in self.alarms), named)),
            ("验收", Share(sum(one.is_accepted for one in self.alarms), named)),
            (
                "整改",
                Share(sum(one.rectified for one in self.alarms), sum(one.problems for one in self.alarms)),
            ),
        )


@dataclass(frozen=True)
class UnitFate:
    """One unit's letters of a window that left: of those that ask how many had a sign of life, after how many hours (median); the alarms that all of them name (each
    once), how many are answered, how many hours after a letter that asks about them (median), and what came of them."""

    unit_code: str
    unit_name: str
    letters: int
    heard: Share  # of the letters that ask
    sign_hours: float | None
    answered: Share  # of alarms
    answer_hours: float | None
    accepted: int
    problems: int
    rectified: int


@dataclass(frozen=True)
class Fates:
    """The units of a window, the least heard first, and all of them together."""

    units: tuple[UnitFate, ...]
    total: UnitFate
    is_simulated: bool

    @property
    def rows(self) -> tuple[UnitFate, ...]:
        """The units, and the total last."""
        return (*self.units, self.total)


_NO_LETTERS: Final = UnitFate("", "", 0, Share(0, 0), None, Share(0, 0), None, 0, 0, 0)


def letter_fate(house: House, letter_id: int, as_of: datetime) -> LetterFate:
    """What became of one letter by a moment."""
    letter = tables.letter.c
    with reading(house.engine) as connection:
        end = connection.execute(select(letter.period_end).where(letter.letter_id == letter_id)).scalar_one()
        asked = {"letter_id": letter_id, "kind": None, "from_date": end - DAY, "to_date": end}
        told = _told(connection, asked, as_of)
    left, start = (told.letters[name].to_dict().get(letter_id) for name in ("left_at", "start_at"))
    by_alarm = told.judged.set_index("alarm_id")
    answers = _first(told.signs[told.signs["event"] == ANSWER], "alarm_id")
    problems = told.problems.groupby("alarm_id")["is_rectified"].agg(["size", "sum"])
    rows = [(str(name), by_alarm.loc[name]) for name in told.named["alarm_id"] if name in by_alarm.index]
    alarms = (_alarm(name, row, answers.get(name), problems) for name, row in rows)
    sign_at = told.first_signs.get(letter_id)
    is_asking = bool(told.named["is_asked"].any())
    counted_from = None if start == left else _moment(start)
    return LetterFate(_moment(left), _moment(sign_at), tuple(alarms), is_asking, counted_from)


def unit_fates(house: House, first: date, last: date, kind: str | None, as_of: datetime) -> Fates:
    """The units of the letters whose windows touch these days (both in it), as of a moment."""
    asked = {"letter_id": None, "kind": kind, "from_date": first, "to_date": last}
    with reading(house.engine) as connection:
        told = _told(connection, asked, as_of)
        cities = cities_on(connection, last)
    names = dict(zip(cities["unit_code"], cities["unit_name"], strict=True))
    unit_of = dict(zip(told.letters.index.tolist(), told.letters["unit_code"].tolist(), strict=True))
    units = _fates_by(told, unit_of, names)
    ordered = sorted(
        units,
        key=lambda one: (
            one.heard.of == 0,
            one.heard.value or 0.0,
            -(one.sign_hours or 0),
            one.unit_code,
        ),
    )
    (total,) = _fates_by(told, dict.fromkeys(unit_of, ""), {}) or [_NO_LETTERS]
    return Fates(tuple(ordered), total, bool(told.letters["is_simulated"].any()))


def last_asked_day(house: House, kind: str | None, as_of: datetime, before: date = date.max) -> date | None:
    """The last day of the last window of which a letter that names alarms had left; None where none had. `before`: of the windows that
    were over by that day."""
    with reading(house.engine) as connection:
        ends = frame(connection, "last_asked_window", kind=kind, as_of_at=as_of, before_date=before)[
            "period_end"
        ]
    return date.fromisoformat(str(ends.iloc[0])[:10]) - DAY if len(ends) else None


def fates_table(found: Fates) -> pd.DataFrame:
    """The columns COLUMNS, one row a unit, the last one the total."""
    rows = [
        (
            one.unit_code,
            one.unit_name or "合计",
            one.letters,
            one.heard.of,
            one.heard.n,
            one.sign_hours,
            one.answered.of,
            one.answered.n,
            one.answer_hours,
            one.accepted,
            one.problems,
            one.rectified,
        )
        for one in found.rows
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Told:
    """`letters` (index letter_id) with `start_at`; `named`: letter_id, alarm_id, pushed_at, is_asked; `signs`: of the letters' alarms and about the
    letters, from each one's `start_at` on, with `hours`; `first_signs`: when each letter's unit first spoke from then on, by letter_id;
    `judged`, `problems`: of all alarms."""

    letters: pd.DataFrame
    named: pd.DataFrame
    signs: pd.DataFrame
    first_signs: Mapping[int, pd.Timestamp]
    judged: pd.DataFrame
    problems: pd.DataFrame


def _told(connection: Connection, asked: dict[str, Any], as_of: datetime) -> _Told:
    until = asked["to_date"] + LONGEST_WINDOW_DAYS * DAY
    letters = frame(connection, "letters_that_left", **asked, until_date=until, as_of_at=as_of)
    letters = letters.astype({"letter_id": "int64"}).set_index("letter_id")
    # A letter that has not left has its alarms, too; of a window only those that left are asked for.
    ids = tuple(map(int, letters.index)) if asked["letter_id"] is None else (asked["letter_id"],)
    named = frame(connection, "alarms_of_letters", letter_ids=ids)
    signs = frame(connection, "signs_after_letters", letter_ids=ids, as_of_at=as_of)
    pushes = named.drop_duplicates("alarm_id")
    # A letter's own page tells about each alarm, a table of units counts them.
    columns = (COUNTED, COUNTED_PROBLEMS) if asked["letter_id"] is None else ((), ())
    judged = judge(states_of(connection, pushes, as_of, columns[0]), as_of)
    problems = judge_problems(problems_of(connection, pushes, as_of, columns[1]), judged, as_of)
    letters = letters.assign(start_at=_starts(letters))
    signs = signs.astype({"letter_id": "int64"}).merge(letters[["start_at"]].reset_index(), on="letter_id")
    signs = signs[signs["event_at"] >= signs["start_at"]]
    hours = (signs["event_at"] - signs["start_at"]).dt.total_seconds() / 3600
    first_signs = _first_signs(connection, letters, signs, as_of)
    return _Told(letters, named, signs.assign(hours=hours), first_signs, judged, problems)


def _first_signs(
    connection: Connection, letters: pd.DataFrame, signs: pd.DataFrame, as_of: datetime
) -> dict[int, pd.Timestamp]:
    """The first sign of life of each letter's unit since the letter left, whatever it is about; none of those without."""
    about: dict[int, pd.Timestamp] = _first(signs, "letter_id")
    if letters.empty:
        return about
    units = tuple(sorted(letters["unit_code"].unique()))
    since_at = letters["start_at"].min().to_pydatetime()
    said = frame(connection, "signs_of_units", unit_codes=units, since_at=since_at, as_of_at=as_of)
    said = said.astype({"unit_code": letters["unit_code"].dtype, "sign_at": letters["start_at"].dtype})
    found = pd.merge_asof(
        letters.reset_index().sort_values("start_at"),
        said.sort_values("sign_at"),
        left_on="start_at",
        right_on="sign_at",
        by="unit_code",
        direction="forward",
    )
    spoke = found[found["sign_at"].notna()]
    firsts = zip(spoke["letter_id"].tolist(), spoke["sign_at"].tolist(), strict=True)
    return about | {letter: min(at, about.get(letter, at)) for letter, at in firsts}


def _starts(letters: pd.DataFrame) -> pd.Series:
    """When each letter left; of a back-fill its own as-of."""
    lives = letters["kind"].map(lambda kind: letter_kind(kind).useful_life)
    is_fresh = letters["left_at"] <= letters["as_of_at"] + pd.to_timedelta(lives)
    return letters["left_at"].where(is_fresh, letters["as_of_at"])


def _first(rows: pd.DataFrame, by: str) -> dict[Any, pd.Timestamp]:
    found: dict[Any, pd.Timestamp] = rows.groupby(by)["event_at"].min().to_dict()
    return found


def _alarm(name: str, row: Any, answered_at: Any, problems: pd.DataFrame) -> AlarmFate:
    found, rectified = (int(problems[column].get(name, 0)) for column in ("size", "sum"))
    answered = bool(row["is_answered"])
    return AlarmFate(
        name,
        str(row["grid_id"]),
        str(row["county"]),
        str(row["point_name"]),
        _moment(row["acknowledged_at"]),
        _moment(answered_at if answered_at is not None else row["first_answer_at"]) if answered else None,
        answered,
        answered and row["standing_event"] == "accepted",
        found,
        rectified,
        standing(row),
    )


@dataclass
class _Gathered:
    """What a unit's letters came to: how many, those that ask and of which alarms, the hours to each one's first sign and to each answer that
    it asked for, their alarms."""

    letters: int = 0
    asking: set[int] = field(default_factory=set)
    asked: set[tuple[int, str]] = field(default_factory=set)
    signs: dict[int, float] = field(default_factory=dict)
    answers: dict[tuple[int, str], float] = field(default_factory=dict)
    alarms: set[str] = field(default_factory=set)


def _fates_by(told: _Told, unit_of: Mapping[int, str], names: Mapping[str, str]) -> list[UnitFate]:
    """One value a unit, by code. `unit_of`: whose each letter is, by its letter_id."""
    gathered: dict[str, _Gathered] = {code: _Gathered() for code in sorted(set(unit_of.values()))}
    for code in unit_of.values():
        gathered[code].letters += 1
    for letter, alarm, is_asked in values_of(told.named, "letter_id", "alarm_id", "is_asked"):
        own = gathered[unit_of[letter]]
        own.alarms.add(alarm)
        if is_asked:
            own.asking.add(letter)
            own.asked.add((letter, alarm))
    for letter, alarm, event, hours in values_of(told.signs, "letter_id", "alarm_id", "event", "hours"):
        own = gathered[unit_of[letter]]
        if event == ANSWER and (letter, alarm) in own.asked:
            own.answers[letter, alarm] = min(hours, own.answers.get((letter, alarm), hours))
    starts = told.letters["start_at"].to_dict()
    for letter, sign_at in told.first_signs.items():
        own = gathered[unit_of[letter]]
        if letter in own.asking:
            own.signs[letter] = (sign_at - starts[letter]).total_seconds() / 3600
    judged = told.judged[told.judged["is_pushed"]]
    stands = {
        alarm: event if is_answered else None
        for alarm, is_answered, event in values_of(judged, "alarm_id", "is_answered", "standing_event")
    }
    problems: dict[str, list[bool]] = {}
    for alarm, is_rectified in values_of(told.problems, "alarm_id", "is_rectified"):
        problems.setdefault(alarm, []).append(is_rectified)
    return [_fate(code, names.get(code, code), one, stands, problems) for code, one in gathered.items()]


def _fate(
    code: str,
    name: str,
    one: _Gathered,
    stands: Mapping[str, str | None],
    problems: Mapping[str, list[bool]],
) -> UnitFate:
    """`stands`: of each alarm that counts as pushed the answer that stands, None without one; `problems`: of each alarm, whether each is
    rectified."""
    answers = [stands[alarm] for alarm in one.alarms if alarm in stands]
    found = [is_rectified for alarm in one.alarms for is_rectified in problems.get(alarm, ())]
    return UnitFate(
        code,
        name,
        one.letters,
        Share(len(one.signs), len(one.asking)),
        _middle(one.signs.values()),
        Share(sum(event is not None for event in answers), len(answers)),
        _middle(one.answers.values()),
        answers.count("accepted"),
        len(found),
        sum(found),
    )


def _middle(hours: Collection[float]) -> float | None:
    return round(median(hours), 1) if hours else None


def _moment(value: Any) -> datetime | None:
    return None if value is None or value != value else pd.Timestamp(value).to_pydatetime()
