"""One unit's threshold from a date, by its profile alone: figures before that date stay, and a letter tells what it was judged by."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from pydantic import TypeAdapter

from include.letters.summary_values import summary_values
from include.letters.words.wording import rule_values
from include.periods import period_ending
from include.profile.current import load, using
from include.profile.values import RuleChange
from include.rules import LOW_RESPONSE, SUMMARY
from include.sources.merge import _time_to_answer
from include.supervision.daily import daily_figures
from include.supervision.escalation import NO_URGES
from include.supervision.figures import DailyFigures, NoticeFigures, from_json, to_json
from include.supervision.judged_by import JudgedBy, UnitRules
from include.supervision.weekly_figures import SummaryFigures
from tests.letters.summaries import ISSUE
from tests.supervision.states import problems, states
from tests.supervision.summaries import city, summary
from tests.supervision.test_daily import CITIES

MINISTRY = load("ministry")
STRICT = replace(
    MINISTRY,
    rules=(
        RuleChange("low_response.remind_overdue", 2, "140300", date(2020, 3, 12)),
        RuleChange("low_response.urge_overdue", timedelta(hours=1), "610100", date(2020, 3, 12)),
    ),
)
# Each overdue for less than a day on the 12th, and one each on the 11th.
ALARMS = states(
    {
        "alarm_id": "Y1",
        "grid_id": "G1",
        "unit_code": "140300",
        "pushed_at": "03-09 20:00",
        "deadline_at": "03-10 20:00",
    },
    {
        "alarm_id": "Y2",
        "grid_id": "G2",
        "unit_code": "610100",
        "pushed_at": "03-10 20:00",
        "deadline_at": "03-11 20:00",
    },
)


def figures(day: int) -> DailyFigures:
    return daily_figures(
        ALARMS, problems(), CITIES, NO_URGES, (), period_ending("day", date(2020, 3, day)), ""
    )


def levels(found: DailyFigures) -> dict[str, str]:
    return {one.unit_code: one.flag.level for one in found.cities}


def test_a_units_threshold_holds_from_its_date_on() -> None:
    with using(MINISTRY):
        before, after = figures(11), figures(12)
    with using(STRICT):
        assert figures(11) == before
        changed = figures(12)
    assert levels(after) == {"130100": "", "140300": "urge", "610100": "remind"}
    assert levels(changed) == {"130100": "", "140300": "", "610100": "urge"}


def test_a_letter_keeps_what_it_was_judged_by() -> None:
    with using(STRICT):
        notice = next(one for one in figures(12).notices if one.unit_code == "610100")
    adapter = TypeAdapter(NoticeFigures)
    again = adapter.validate_json(adapter.dump_json(notice))
    assert again.judged_by == replace(LOW_RESPONSE, urge_overdue=timedelta(hours=1))
    with using(MINISTRY):
        rules = rule_values(again.flag, again.rules_version, again.judged_by)["规则"]
        assert rules["督办小时"] == "1"
        assert rule_values(again.flag, again.rules_version)["规则"]["督办小时"] == "24"


def test_a_deadline_follows_the_rule_of_the_unit_on_the_day_of_the_push() -> None:
    change = RuleChange("deadlines.feedback", timedelta(hours=48), "610100", date(2020, 3, 12))
    rows = pd.DataFrame(
        {
            "unit_code": ["610100", "610100", "140300"],
            "pushed_at": pd.to_datetime(["2020-03-11T15:59Z", "2020-03-11T16:00Z", "2020-03-12T08:00Z"]),
        }
    )
    with using(replace(MINISTRY, rules=(change,))):
        assert list(_time_to_answer(rows) / pd.Timedelta(hours=1)) == [24, 48, 24]


def test_a_units_rules_hold_in_summaries_and_are_cited_again() -> None:
    of_unit = (
        RuleChange("low_response.remind_overdue", 2, "140300", date(2020, 3, 11)),
        RuleChange("summary.repeat_alarms", 5, "140300", date(2020, 3, 11)),
    )
    later = tuple(replace(one, valid_from=date(2020, 3, 12)) for one in of_unit)
    with using(MINISTRY):
        house = summary()
    with using(replace(MINISTRY, rules=later)):
        assert summary() == house
    with using(replace(MINISTRY, rules=of_unit)):
        changed = summary()
    assert [one.grid_id for one in house.repeat_alarms] == ["T85711"]
    assert (changed.repeat_alarms, [one.rule for one in changed.cases if one.rule == "repeated"]) == ((), [])
    assert city(house, "140300").flag.level == "remind"
    assert city(changed, "140300").flag.level == ""
    assert changed.judged_by.units == (
        UnitRules(
            "140300", "阳泉市", replace(LOW_RESPONSE, remind_overdue=2), replace(SUMMARY, repeat_alarms=5)
        ),
    )
    with using(MINISTRY):
        again = summary_values(from_json(SummaryFigures, to_json(changed)), ISSUE, str)
        assert again["城市备注"] == "阳泉市按其规则判定：提醒为超期2条、反复报警为5条"
        assert summary_values(house, ISSUE, str)["城市备注"] == ""


def test_a_rule_of_the_office_is_cited_in_the_summary_as_it_was() -> None:
    of_all = (
        RuleChange("low_response.urge_late", 4, "", date(2020, 3, 1)),
        RuleChange("summary.none_found_answers", 1, "", date(2020, 3, 1)),
    )
    with using(replace(MINISTRY, rules=of_all)):
        found = summary()
    assert [(one.rule, one.count) for one in found.suggestions if one.rule == "no_problem_found"] == []
    assert found.judged_by == JudgedBy(
        replace(LOW_RESPONSE, urge_late=4), replace(SUMMARY, none_found_answers=1)
    )
    with using(MINISTRY):
        told = summary_values(found, ISSUE, str)
    assert (told["规则"]["督办迟报"], told["汇总规则"]["零问题条数"], told["城市备注"]) == (4, 1, "")


@pytest.fixture(autouse=True)
def _ministry() -> None:
    assert MINISTRY.rules == ()
