"""What a half-monthly letter that left would say differently, in words, and a letter's figures under the key of its 更正."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any, get_args, get_type_hints

import pytest

from include.answer_form.code import answer_code
from include.letters.bulletin_values import bulletin_values
from include.letters.notice import notice_values
from include.letters.overview_values import overview_values
from include.letters.reminder import reminder_values
from include.letters.summary_values import summary_values
from include.periods import Period, moment_label
from include.supervision.bulletin_figures import BulletinFigures, OverviewFigures
from include.supervision.differences import differences, under_key
from include.supervision.figures import (
    FeedbackCounts,
    Flag,
    FlagReason,
    Issue,
    NoticeFigures,
    ReminderFigures,
)
from include.supervision.printed import label
from include.supervision.rule_codes import RULE_WORDS
from include.supervision.weekly_figures import SummaryFigures
from tests.letters.bulletins import bulletin, overview
from tests.letters.samples import notice, reminder
from tests.letters.summaries import plain


def test_a_bulletin_tells_its_levels_lists_and_counts() -> None:
    told = bulletin()
    half = replace(told.city.half, pm25_ug_m3=61.4, yoy_pct=-2.04, rank=3, valid_days=14)
    before = replace(told.city.half, pm25_ug_m3=60.5, yoy_pct=None, rank=3, valid_days=15)
    old = replace(told, city=replace(told.city, half=before), highest=told.highest[:1])
    new = replace(
        old,
        city=replace(
            old.city, half=half, window=replace(old.city.window, answered=old.city.window.answered + 1)
        ),
        highest=(),
    )
    answered = old.city.window.answered
    assert differences(old, new) == (
        "本期PM2.5浓度 60→61",
        "本期有效天数 15→14",
        "本期同比变化（%） 无→-2.0",
        f"本期已反馈 {answered}→{answered + 1}",
        f"高值网格不再有{told.highest[0].grid.grid_id}",
    )
    assert differences(old, old) == ()


def test_dust_flagged_after_a_bulletin_left_is_a_difference() -> None:
    told = bulletin()
    plain = replace(told, city=replace(told.city, without_dust=None))
    flagged = replace(told, city=replace(told.city, without_dust=told.city.half))
    assert differences(plain, flagged) == ("本期扣除沙尘 原函未列",)
    assert differences(flagged, plain) == ("本期扣除沙尘 不应再列",)
    lower = replace(told.city.half, pm25_ug_m3=(told.city.half.pm25_ug_m3 or 0) - 5)
    (words,) = differences(flagged, replace(told, city=replace(told.city, without_dust=lower)))
    assert words.startswith("本期扣除沙尘PM2.5浓度 ")


def test_an_overview_names_the_city() -> None:
    told = overview()
    first = told.cities[0]
    season = replace(first.season, pushed=first.season.pushed + 2)
    now = replace(
        told,
        cities=(replace(first, season=season), *told.cities[1:]),
        total=FeedbackCounts(pushed=told.total.pushed),
    )
    words = differences(replace(told, total=FeedbackCounts(pushed=told.total.pushed)), now)
    assert words == (f"{first.unit_name}监管期推送 {first.season.pushed}→{first.season.pushed + 2}",)


def test_the_answer_form_of_a_correction_belongs_to_it() -> None:
    again = under_key(notice(), "notice_x_2")
    assert again.letter_key == "notice_x_2"
    assert [row.code for row in again.form] == [
        answer_code("notice_x_2", row.alarm_id) for row in notice().form
    ]
    assert replace(again, letter_key=notice().letter_key, form=notice().form) == notice()


PLAIN = Issue("监督组", "王某", "010", "x@example.org")


def values_of(figures: Any) -> dict[str, Any]:
    """What the text of a letter may name, without what no reader takes for a fact of the letter."""
    made = {
        NoticeFigures: notice_values,
        ReminderFigures: reminder_values,
        SummaryFigures: summary_values,
        BulletinFigures: bulletin_values,
        OverviewFigures: overview_values,
    }
    return made[type(figures)](figures, PLAIN, str)


def other(value: Any) -> Any:
    """Another value of the same kind, far enough to print otherwise; None for what is no leaf."""
    match value:
        case bool():
            return not value
        case int():
            return value + 7
        case float():
            return value + 50.0
        case str():
            return None if value in LITERALS else f"{value}又"
        case datetime():
            return value + timedelta(days=1, hours=3)
    return None


LITERALS = {
    "day",
    "midweek",
    "weekend",
    "half_month",
    "custom",
    "month",
    "",
    "提醒",
    "督办",
    "核实地址",
    "remind",
    "urge",
    "overdue",
    "late",
    "long_overdue",
    "overdue_and_late",
    *RULE_WORDS,
}


def mutations(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The value with one leaf of it changed, for every leaf that can be, and the path to the leaf."""
    if is_dataclass(value) and not isinstance(value, Period):
        for field in fields(value):
            for at, new in mutations(getattr(value, field.name), (*path, field.name)):
                yield at, replace(value, **{field.name: new})
    elif isinstance(value, tuple) and value:
        for number in {0, len(value) - 1}:
            for at, new in mutations(value[number], path):
                yield at, (*value[:number], new, *value[number + 1 :])
        if len(value) > 1 and not isinstance(value[0], str):
            yield (*path, "last row gone"), value[:-1]
    elif (new := other(value)) is not None:
        yield path, new


# Keys, labels made of other fields, and what is about the data rather than in it: see `printed.SILENT`.
NO_FACTS = {
    "letter_key",
    "completeness",
    "rules_version",
    "judged_by",
    "reply_by",
    "is_simulated",
    "rolling_label",
    "month_label",
    "scope",
    "province_code",
    "province_name",
    "editions",
    "remark",
    "number",
    "region",
    "unit_name",
    "bureau",
    "rule",
}


@pytest.mark.parametrize(
    "told", [notice(), reminder(), plain(), bulletin(), overview()], ids=lambda one: type(one).__name__
)
def test_whatever_prints_otherwise_is_a_difference(told: Any) -> None:
    printed, silent = values_of(told), []
    for path, now in mutations(told):
        is_told = bool(differences(told, now))
        if not is_told and not NO_FACTS & set(path) and values_of(now) != printed:
            silent.append(".".join(path))
    assert silent == []


@pytest.mark.parametrize(
    "kind", [NoticeFigures, ReminderFigures, SummaryFigures, BulletinFigures, OverviewFigures]
)
def test_every_field_has_a_name_in_chinese_or_is_not_printed(kind: type) -> None:
    seen, todo = set(), [kind]
    while todo:
        one = todo.pop()
        for field in fields(one):
            words = label(one.__name__, field.name)
            assert words is None or words == "" or not words.isascii() or words == "IAQI", (
                one.__name__,
                field.name,
            )
        for hint in get_type_hints(one).values():
            todo += [found for found in _dataclasses(hint) if found not in seen and found is not Period]
        seen.add(one)


def _dataclasses(hint: Any) -> list[type]:
    if isinstance(hint, type) and is_dataclass(hint):
        return [hint]
    return [found for part in get_args(hint) for found in _dataclasses(part)]


def test_what_prints_alike_is_no_difference() -> None:
    """Fault 6: 「173.0→173.0」 was listed."""
    told = notice()
    rows = tuple(replace(row, peak_pm25_ug_m3=173.2) for row in told.rows)
    first = tuple(replace(row, peak_pm25_ug_m3=173.0) for row in told.rows)
    assert differences(replace(told, rows=first), replace(told, rows=rows)) == ()


def test_a_notice_tells_names_deadlines_and_problems() -> None:
    told = notice()
    row, problem = told.rows[0], told.problems[0]
    now = replace(
        told,
        rows=(
            replace(row, point_name="另一处", deadline_at=row.deadline_at + timedelta(hours=2)),
            *told.rows[1:],
        ),
        problems=(replace(problem, category="餐饮油烟"), *told.problems[1:]),
    )
    before, after = (moment_label(one.rows[0].deadline_at) for one in (told, now))
    assert differences(told, now) == (
        f"网格{row.grid_id} 点位名称 {row.point_name}→另一处",
        f"网格{row.grid_id} 反馈时限 {before}→{after}",
        f"问题{problem.problem_id} 类别 {problem.category}→餐饮油烟",
    )


def test_a_reason_that_fell_away_is_said_once() -> None:
    flagged = replace(notice(), flag=Flag("remind", (FlagReason("overdue", 1), FlagReason("late", 2))))
    unflagged = replace(flagged, flag=Flag("remind", (FlagReason("late", 2),)))
    assert "标记理由不再有超期未反馈" in differences(flagged, unflagged)
    assert "标记理由增加有超期未反馈" in differences(unflagged, flagged)
