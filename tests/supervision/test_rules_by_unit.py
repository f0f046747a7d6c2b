"""One unit's threshold from a date, by its profile alone: figures before that date stay, and a letter tells what it was judged by."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from pydantic import TypeAdapter

from include.letters.words.wording import rule_values
from include.periods import period_ending
from include.profile.current import load, using
from include.profile.values import RuleChange
from include.rules import LOW_RESPONSE
from include.sources.merge import _time_to_answer
from include.supervision.daily import daily_figures
from include.supervision.escalation import NO_URGES
from include.supervision.figures import DailyFigures, NoticeFigures
from tests.supervision.states import problems, states
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


@pytest.fixture(autouse=True)
def _ministry() -> None:
    assert MINISTRY.rules == ()
