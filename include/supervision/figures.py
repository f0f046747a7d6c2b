"""The values that letters are composed from: what a run computed, and nothing that it looked up later.

Every class is frozen and goes to JSON and back without loss (`to_json`, `from_json`): a letter keeps the figures that
it was composed from, and its files can be made again from them at any time.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BeforeValidator, TypeAdapter

from include.former_names import json_of_today
from include.language import say
from include.periods import Period
from include.rules import SUSPECT_BASES, Deadlines, LowResponse

_LEVELS_2020_03: Final = {"提醒": "remind", "督办": "urge", "核实地址": "verify"}


def _level_code(level: Any) -> Any:
    """The code of a level; figures of edition 2020-03 hold the words."""
    return _LEVELS_2020_03.get(level, level)


# 提醒, 督办; `verify` (核实地址) was a level of edition 2020-03 only.
Level = Annotated[Literal["", "remind", "urge", "verify"], BeforeValidator(_level_code)]
T = TypeVar("T")
LEADERS: Final = "leader"  # the addressee of letters about all cities


@dataclass(frozen=True)
class Share:
    """n of N. A person never reads a bare percentage."""

    n: int
    of: int

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; None for a zero denominator."""
        return self.n / self.of if self.of else None

    def __str__(self) -> str:
        """`3/4（75.0%）`; a zero denominator prints `—`."""
        if not self.of:
            return "—"
        return say("{n}/{total}（{percent:.1f}%）", n=self.n, total=self.of, percent=100 * self.n / self.of)


@dataclass(frozen=True)
class FeedbackCounts:
    """What a city (or all of them) was asked and answered over one window, as of one moment.

    `due` = `on_time` + `late` + `overdue`, always; alarms whose dispute was upheld are in `upheld` and nowhere else. An alarm in
    dispute or closed is not due; `chronic` ones are among the overdue.
    """

    pushed: int = 0
    answered: int = 0
    due: int = 0
    on_time: int = 0
    late: int = 0
    overdue: int = 0
    upheld: int = 0
    problems: int = 0
    alarms_with_problem: int = 0  # of the answered ones
    rectification_due: int = 0
    rectified: int = 0  # of those due for rectification
    in_dispute: int = 0  # 复核中
    chronic: int = 0  # 长期未反馈
    closed: int = 0  # 结案 without a standing answer

    @property
    def feedback_rate(self) -> Share:
        """反馈率: answered of pushed."""
        return Share(self.answered, self.pushed)

    @property
    def on_time_rate(self) -> Share:
        """按期反馈率: answered by the deadline, of due."""
        return Share(self.on_time, self.due)

    @property
    def problem_found_rate(self) -> Share:
        """问题发现率: alarms with at least one problem, of answered."""
        return Share(self.alarms_with_problem, self.answered)

    @property
    def rectified_rate(self) -> Share:
        """整改率: rectified problems, of problems due for rectification."""
        return Share(self.rectified, self.rectification_due)


@dataclass(frozen=True)
class FlagReason:
    """One rule of low response that fired, with its figures.

    | rule | count | hours |
    |---|---|---|
    | overdue | recent overdue alarms | |
    | late | late alarms of the rolling days | |
    | long_overdue | recent overdue alarms beyond the limit of 督办 | how long the oldest of them is overdue |
    | overdue_and_late | late alarms of the rolling days, beside a recent overdue one | |
    """

    rule: Literal["overdue", "late", "long_overdue", "overdue_and_late"]
    count: int
    hours: float = 0.0
    # What the rule of the unit says instead of the default: days of `overdue`, hours of `long_overdue`; None: the default.
    limit: float | None = None


@dataclass(frozen=True)
class Flag:
    """Low response of one unit: the level and every rule that fired. Beside the level, never raising it, the mark of chronic alarms.

    The reasons of edition 2020-03 are sentences.
    """

    level: Level = ""
    reasons: tuple[FlagReason | str, ...] = ()
    chronic: int = 0  # 长期N条
    recent_overdue: int = 0  # 近期超期: overdue by at most seven days, whenever pushed


@dataclass(frozen=True)
class Suspected:
    """One suspect of an alarm by what was known at the letter's moment; `level`: high, medium, low. Always 疑似.

    `candidate_id`, `kind` and `score` (0 to 1) are empty in figures of before them. `basis`: what it was judged by beside distance
    (of `SUSPECT_BASES`); figures of before it say all.
    """

    name: str
    level: str
    reason: str
    candidate_id: str = ""
    kind: str = ""  # enterprise, site, road, fire, problem, unlisted
    score: float | None = None
    basis: tuple[str, ...] = SUSPECT_BASES


@dataclass(frozen=True)
class AlarmSuspects:
    """The first suspects of one alarm, the most suspected first."""

    alarm_id: str
    grid_id: str
    county: str
    point_name: str
    started_at: datetime
    suspects: tuple[Suspected, ...]


@dataclass(frozen=True)
class NoticeRow:
    """One grid with new or open alarms; repeat alarms of a grid share the row."""

    grid_id: str
    county: str
    point_name: str
    started_at: datetime  # of the first alarm
    last_at: datetime  # of the last one
    alarm_count: int  # 报警次数, summed
    peak_pm25_ug_m3: float | None
    deadline_at: datetime  # the earliest one still open, else the last one
    status: str  # 已反馈 | 待反馈 | 超期未反馈 | 部分反馈（n/N） | 退回待重报 | 争议待审 | 误报（已核减） | 已结案
    alarm_ids: tuple[str, ...]


@dataclass(frozen=True)
class OverdueRow:
    """One alarm that is due and unanswered."""

    alarm_id: str
    grid_id: str
    county: str
    point_name: str
    pushed_at: datetime
    deadline_at: datetime  # the applicable one: after a return or a rejected dispute 24 hours from that
    overdue_hours: float  # since then


@dataclass(frozen=True)
class ProblemRow:
    """One problem found, known by the as-of moment."""

    problem_id: str
    alarm_id: str
    county: str
    point_name: str
    category: str
    description: str
    found_at: datetime
    status: str  # 已整改 | 整改中 | 逾期未整改


@dataclass(frozen=True)
class FormRow:
    """One open alarm that the city is asked to answer in the form that goes with the letter."""

    code: str  # see answer_form.code
    alarm_id: str
    grid_id: str
    county: str
    point_name: str
    lon: float | None
    lat: float | None
    started_at: datetime
    alarm_count: int
    peak_pm25_ug_m3: float | None
    deadline_at: datetime  # the applicable one
    is_overdue: bool | None = None  # not while it is in dispute; None in edition 2020-03: by the deadline

    def is_overdue_as_of(self, as_of: datetime) -> bool:
        """Whether the letter of that moment counts it as overdue."""
        return self.deadline_at < as_of if self.is_overdue is None else self.is_overdue


@dataclass(frozen=True)
class ReceivedForms:
    """The forms that a unit sent by mail since its last letter: rows that came, those of them that could not be used, and why, with
    the alarms of each reason (none in figures of before 2026-12, nor of a row that names none)."""

    rows: int
    refused: int
    reasons: tuple[str, ...]
    alarm_ids: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class NoticeFigures:
    """Everything a 提示函 says to one city."""

    letter_key: str
    unit_code: str
    unit_name: str
    bureau: str  # the addressee, as the profile names it
    period: Period
    rolling_label: str  # 3月6日至12日
    month_label: str  # 3月1日至12日
    window: FeedbackCounts
    rolling: FeedbackCounts
    month: FeedbackCounts
    rows: tuple[NoticeRow, ...]
    overdue: tuple[OverdueRow, ...]  # all of them, however old
    problems: tuple[ProblemRow, ...]  # found for alarms of the rolling days
    form: tuple[FormRow, ...]  # every open alarm, however old
    flag: Flag
    long_unanswered: (
        int  # 长期未反馈, of `overdue`; edition 2020-03: open alarms pushed before the rolling days
    )
    reply_by: datetime
    completeness: str  # one sentence on how complete the data was
    rules_version: str
    is_simulated: bool
    suspects: tuple[AlarmSuspects, ...] = ()  # of the listed alarms, in the order of `rows`
    address_form: str = ""  # how the letter speaks to the unit; empty: as the profile says for its kind
    judged_by: LowResponse | None = (
        None  # the rules of the unit on the window's end; None: those of its edition
    )
    received: ReceivedForms | None = None  # by mail, since the last letter; None: nothing came
    deadlines: Deadlines | None = None  # of the unit, where they are not the defaults


@dataclass(frozen=True)
class ReminderFigures:
    """Everything a 督办函 (反馈督办) says to one city: the overdue alarms it names, and why."""

    letter_key: str
    unit_code: str
    unit_name: str
    bureau: str
    province_name: str
    period: Period
    rolling_label: str
    rolling: FeedbackCounts
    overdue: tuple[OverdueRow, ...]  # those that this letter urges
    round: int  # 1 for the first reminder of its alarms, 2 for the repeated one
    flag: Flag
    form: tuple[FormRow, ...]  # every open alarm, however old; edition 2020-03: those that this letter urges
    reply_by: datetime
    completeness: str
    rules_version: str
    is_simulated: bool
    overdue_total: int = 0  # overdue in all, as the 提示函 of the same morning says; 0 in edition 2020-03
    chronic: int = 0  # of them 长期未反馈
    suspects: tuple[AlarmSuspects, ...] = ()  # of the alarms of the form: for its sheet, not for the text
    address_form: str = ""
    judged_by: LowResponse | None = None
    upper_bureau: str = ""  # that gets a copy; empty in letters of before, and where there is none
    deadlines: Deadlines | None = None


@dataclass(frozen=True)
class CityDay:
    """One city in a day's figures; the same counts over the window, the rolling days and the month to date."""

    unit_code: str
    unit_name: str
    window: FeedbackCounts
    rolling: FeedbackCounts
    month: FeedbackCounts
    open_alarms: int  # however old; edition 2020-03: pushed in the last 30 days
    flag: Flag
    needs_address: bool = False  # 核实地址: a task for a person of the office, in no letter to the unit


@dataclass(frozen=True)
class ListedAlarm:
    """An alarm that two 督办 did not move: on the list for the ministry."""

    unit_code: str
    unit_name: str
    alarm: OverdueRow
    urged: int  # how often


@dataclass(frozen=True)
class DailyFigures:
    """Everything that one day of the dispatch says, about all cities."""

    period: Period
    cities: tuple[CityDay, ...]
    notices: tuple[NoticeFigures, ...]
    reminders: tuple[ReminderFigures, ...]
    nothing_due: tuple[str, ...]  # names of the cities with neither new nor open alarms
    listed: tuple[ListedAlarm, ...]
    quiet_reason: str  # why no 督办 was drafted today; empty on a working day
    is_simulated: bool


@dataclass(frozen=True)
class Corrected:
    """The letter that a 更正 takes the place of, as it is cited, and what the 更正 says otherwise, in words."""

    number: str | None  # 发文字号; None for a kind without numbers
    issued_on: str  # 2020年3月13日
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Issue:
    """What the release of a letter adds to its figures. A preview has neither number nor date of issue."""

    issuer: str  # the office that signs
    contact: str  # 联系人
    phone: str
    reply_to: str  # where the answer form goes
    number: str | None = None  # 发文字号, as printed
    issued_on: str | None = None  # 2020年3月13日
    is_rehearsal: bool = False
    corrects: Corrected | None = None
    reply_link: str = ""  # of the phone page, for this letter and unit; empty: there is none


def to_json(figures: Any) -> str:
    """The figures as canonical JSON: same figures, same text."""
    kind: Any = type(figures)
    return _adapter(kind).dump_json(figures).decode()


def from_json(kind: type[T], text: str) -> T:
    """The figures back from `to_json`, also of a version that used former names."""
    hashable: Any = kind
    value: T = _adapter(hashable).validate_json(json_of_today(text))
    return value


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
