"""What became of letters: left, acknowledged, answered, accepted, rectified; of each alarm that one names, and by unit.

Hours are counted from when the letter left; a back-fill, which left long after its window, counts from its own as-of. A sign of life is
an acknowledgement, an answer or a dispute of the unit's at one of the letter's alarms, or a form or reply by mail that refers to it; what
the office does, an acceptance too, is none. A letter all of whose alarms were answered at its as-of asks nothing: nobody is silent about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from include.house import House
from include.letter_kinds import letter_kind
from include.periods import DAY
from include.store.engine import reading
from include.store.facts import cities_on, problems_of, states_of
from include.store.statements import frame
from include.supervision.feedback import judge, judge_problems, standing
from include.supervision.figures import Share

ANSWER: Final = "submitted"
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
    """One letter: when it left (None: it has not), its first sign of life, its alarms, and whether it asks about any."""

    left_at: datetime | None
    sign_at: datetime | None
    alarms: tuple[AlarmFate, ...]
    is_asking: bool = True

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
    once), how many are answered, how many hours after a letter that names them (median), and what came of them."""

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


def letter_fate(house: House, letter_id: int, as_of: datetime) -> LetterFate:
    """What became of one letter by a moment."""
    asked = {"letter_id": letter_id, "unit_code": None, "kind": None, "from_date": None, "to_date": None}
    with reading(house.engine) as connection:
        told = _told(connection, asked, as_of)
    left = told.letters["left_at"].to_dict().get(letter_id)
    by_alarm = told.judged.set_index("alarm_id")
    answers = _first(told.signs[told.signs["event"] == ANSWER], "alarm_id")
    problems = told.problems.groupby("alarm_id")["is_rectified"].agg(["size", "sum"])
    rows = [(str(name), by_alarm.loc[name]) for name in told.named["alarm_id"] if name in by_alarm.index]
    alarms = (_alarm(name, row, answers.get(name), problems) for name, row in rows)
    sign_at = told.signs["event_at"].min() if len(told.signs) else None
    return LetterFate(_moment(left), _moment(sign_at), tuple(alarms), bool(told.named["is_asked"].any()))


def unit_fates(house: House, first: date, last: date, kind: str | None, as_of: datetime) -> Fates:
    """The units of the letters whose windows touch these days (both in it), as of a moment."""
    asked = {"letter_id": None, "unit_code": None, "kind": kind, "from_date": first, "to_date": last}
    with reading(house.engine) as connection:
        told = _told(connection, asked, as_of)
        cities = cities_on(connection, last)
    names = dict(zip(cities["unit_code"], cities["unit_name"], strict=True))
    units = [
        _unit(str(code), str(names.get(code, code)), told.of(own.index))
        for code, own in told.letters.groupby("unit_code")
    ]
    ordered = sorted(
        units,
        key=lambda one: (
            one.heard.of == 0,
            one.heard.value or 0.0,
            -(one.sign_hours or 0),
            one.unit_code,
        ),
    )
    return Fates(tuple(ordered), _unit("", "", told), bool(told.letters["is_simulated"].any()))


def last_asked_day(house: House, kind: str | None, as_of: datetime) -> date | None:
    """The last day of the last window of which a letter that names alarms had left; None where none had."""
    with reading(house.engine) as connection:
        end = frame(connection, "last_asked_window", kind=kind, as_of_at=as_of)["period_end"].iloc[0]
    return None if pd.isna(end) else date.fromisoformat(str(end)[:10]) - DAY


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
    """`letters` (index letter_id) with `start_at`; `named`: letter_id, alarm_id, pushed_at, is_asked; `signs` from each letter's `start_at` on, with
    `hours`; `judged`, `problems`: of all alarms."""

    letters: pd.DataFrame
    named: pd.DataFrame
    signs: pd.DataFrame
    judged: pd.DataFrame
    problems: pd.DataFrame

    def of(self, letter_ids: pd.Index) -> "_Told":
        """The part that concerns some letters."""
        named = self.named[self.named["letter_id"].isin(letter_ids)]
        return _Told(
            self.letters.loc[letter_ids],
            named,
            self.signs[self.signs["letter_id"].isin(letter_ids)],
            self.judged[self.judged["alarm_id"].isin(named["alarm_id"])],
            self.problems[self.problems["alarm_id"].isin(named["alarm_id"])],
        )


def _told(connection: Connection, asked: dict[str, Any], as_of: datetime) -> _Told:
    letters = frame(connection, "letters_that_left", **asked, as_of_at=as_of)
    letters = letters.astype({"letter_id": "int64"}).set_index("letter_id")
    named = frame(connection, "alarms_of_letters", **asked)
    signs = frame(connection, "signs_after_letters", **asked, as_of_at=as_of)
    pushes = named.drop_duplicates("alarm_id")
    judged = judge(states_of(connection, pushes, as_of), as_of)
    problems = judge_problems(problems_of(connection, pushes, as_of), judged, as_of)
    letters = letters.assign(start_at=_starts(letters))
    if asked["letter_id"] is None:
        named = named[named["letter_id"].isin(letters.index)]
    signs = signs.astype({"letter_id": "int64"}).merge(letters[["start_at"]].reset_index(), on="letter_id")
    signs = signs[signs["event_at"] >= signs["start_at"]]
    hours = (signs["event_at"] - signs["start_at"]).dt.total_seconds() / 3600
    return _Told(letters, named, signs.assign(hours=hours), judged, problems)


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


def _unit(code: str, name: str, told: _Told) -> UnitFate:
    asking = told.named.loc[told.named["is_asked"] == 1, "letter_id"].unique()
    signs = told.signs[told.signs["letter_id"].isin(asking)].groupby("letter_id")["hours"].min()
    given = told.signs[told.signs["event"] == ANSWER]
    answers = given.groupby(["letter_id", "alarm_id"])["hours"].min()
    pushed = told.judged[told.judged["is_pushed"]]
    answered = pushed[pushed["is_answered"]]
    return UnitFate(
        code,
        name,
        len(told.letters),
        Share(len(signs), len(asking)),
        _middle(signs.tolist()),
        Share(len(answered), len(pushed)),
        _middle(answers.tolist()),
        int((answered["standing_event"] == "accepted").sum()),
        len(told.problems),
        int(told.problems["is_rectified"].sum()),
    )


def _middle(hours: Sequence[float]) -> float | None:
    return round(median(hours), 1) if hours else None


def _moment(value: Any) -> datetime | None:
    return None if value is None or value != value else pd.Timestamp(value).to_pydatetime()
