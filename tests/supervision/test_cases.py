"""典型案例: one alarm a rule, by rules that a reader can check with a pencil."""

from typing import Any

import pandas as pd
import pytest

from include.errors import InputError
from include.rules import SUMMARY
from include.supervision.cases import AS_RULED, CaseChoice
from include.supervision.weekly_figures import Case
from tests.supervision.states import moment, problems, states
from tests.supervision.summaries import answered, answers, summary

ALARMS = states(
    # 石家庄: the highest peak, but short; 西安: second, and by far the longest
    answered(
        "03-08 08:00", "03-08 12:00", alarm_id="HIGH", unit_code="130100", grid_id="G1", peak_pm25_ug_m3=400.0
    ),
    answered(
        "03-08 09:00",
        "03-08 12:00",
        alarm_id="LONG",
        unit_code="610100",
        grid_id="X1",
        peak_pm25_ug_m3=390.0,
        last_at=moment("03-08 20:00"),
    ),
    answered(
        "03-08 10:00",
        "03-08 12:00",
        alarm_id="MILD",
        unit_code="140100",
        grid_id="T1",
        peak_pm25_ug_m3=120.0,
        last_at=moment("03-08 12:00"),
    ),
    # 阳泉: the same grid for the fifth time
    *(
        answered(
            f"03-0{day} 06:00", f"03-0{day} 12:00", alarm_id=f"Y{day}", unit_code="140300", grid_id="T85711"
        )
        for day in (4, 5, 6, 7)
    ),
    {"pushed_at": "03-09 06:00", "alarm_id": "Y9", "unit_code": "140300", "grid_id": "T85711"},
)
PROBLEMS = problems(
    {"problem_id": "P1", "alarm_id": "HIGH", "found_at": "03-08 11:00", "category": "工业企业"},
    {"problem_id": "P2", "alarm_id": "LONG", "found_at": "03-08 11:00", "category": "露天焚烧"},
    {"problem_id": "P3", "alarm_id": "MILD", "found_at": "03-08 11:00", "category": "露天焚烧", "rectified_at": "03-08 18:00"},
)  # fmt: skip


def cases(
    alarms: pd.DataFrame = ALARMS,
    found: pd.DataFrame = PROBLEMS,
    choice: CaseChoice = AS_RULED,
    **changes: Any,
) -> tuple[Case, ...]:
    return summary(alarms, found, choice=choice, **changes).cases


def chosen(*args: Any, **changes: Any) -> list[tuple[str, str]]:
    return [(case.rule, case.alarm_id) for case in cases(*args, **changes)]


def test_one_case_a_rule() -> None:
    # 污染突出: HIGH is 1st of 3 by peak and 3rd by duration (4), LONG 2nd and 1st (3). 反复报警: 阳泉 has 5 in 30 days.
    # 整改到位: only MILD is settled. 久拖未决: Y9 is the only overdue one, and no other rule may tell it.
    assert chosen() == [("severe", "LONG"), ("settled", "MILD"), ("lingering", "Y9")]
    later = states(
        answered("03-10 06:00", "03-10 12:00", alarm_id="Y10", unit_code="140300", grid_id="T85711")
    )
    assert chosen(pd.concat([ALARMS, later], ignore_index=True)) == [
        ("severe", "LONG"),
        ("repeated", "Y10"),
        ("settled", "MILD"),
        ("lingering", "Y9"),
    ]


def test_of_a_repeated_grid_an_answered_alarm_is_told_first() -> None:
    alarms = pd.concat(
        [
            ALARMS,
            states(
                answered("03-08 06:00", "03-08 07:00", alarm_id="Y8", unit_code="140300", grid_id="T85711")
            ),
        ],
        ignore_index=True,
    )
    assert ("repeated", "Y8") in chosen(alarms)
    told = next(case for case in cases(alarms) if case.alarm_id == "Y8")
    assert (told.nth_alarm, told.recent_alarms, told.later_alarms) == (5, 6, 1)


def test_a_grid_with_too_few_alarms_is_not_repeated() -> None:
    few = ALARMS[~ALARMS["alarm_id"].isin(["Y4", "Y5"])]
    assert SUMMARY.repeat_alarms == 4
    assert chosen(few) == [("severe", "LONG"), ("settled", "MILD"), ("lingering", "Y9")]


def test_another_category_goes_before_and_an_old_one_is_taken_where_there_is_no_other() -> None:
    other = pd.concat(
        [
            PROBLEMS,
            problems(
                {
                    "problem_id": "P4",
                    "alarm_id": "HIGH",
                    "found_at": "03-08 10:00",
                    "category": "VOCs",
                    "rectified_at": "03-08 12:00",
                }
            ),
        ],
        ignore_index=True,
    )
    both = other.assign(rectified_at=other["rectified_at"].fillna(moment("03-09 10:00")))
    assert ("settled", "HIGH") in chosen(found=both)  # two problems settled, of a category of its own
    assert ("settled", "MILD") in chosen()  # its category was told already, but nothing else is settled


def test_a_late_or_half_settled_answer_is_not_settled() -> None:
    late = ALARMS.assign(
        first_answer_at=ALARMS["first_answer_at"].mask(ALARMS["alarm_id"] == "MILD", moment("03-09 12:00"))
    )
    assert "settled" not in dict(chosen(late))
    half = pd.concat(
        [
            PROBLEMS,
            problems({"problem_id": "P5", "alarm_id": "MILD", "found_at": "03-08 11:00", "category": "其他"}),
        ],
        ignore_index=True,
    )
    assert "settled" not in dict(chosen(found=half))


def test_what_lingers_is_the_longest_overdue_and_without_one_the_problem_longest_past_its_date() -> None:
    overdue = states(
        {"pushed_at": "03-05 06:00", "alarm_id": "OLD", "unit_code": "140300", "grid_id": "G7"},
        {"pushed_at": "03-08 06:00", "alarm_id": "NEW", "unit_code": "130100", "grid_id": "G8"},
    )
    assert chosen(overdue, PROBLEMS.iloc[:0]) == [("lingering", "OLD")]
    assert cases(overdue, PROBLEMS.iloc[:0])[0].overdue_hours == 123.0
    waiting = states(
        answered("03-05 06:00", "03-05 08:00", alarm_id="SLOW", unit_code="140300"),
        answered("03-08 06:00", "03-08 08:00", alarm_id="FAST", unit_code="130100"),
    )
    unsettled = problems(
        {"alarm_id": "SLOW", "found_at": "03-05 08:00"}, {"alarm_id": "FAST", "found_at": "03-08 08:00"}
    )
    assert ("lingering", "SLOW") in chosen(waiting, unsettled)  # due on the 8th, not done on the 11th


def test_a_case_tells_what_came_before_and_after() -> None:
    (case,) = (
        one for one in cases(answers=answers(("MILD", "迎泽分局", "现场已扑灭。"))) if one.alarm_id == "MILD"
    )
    assert (case.unit_name, case.answered_by, case.note) == ("太原市", "迎泽分局", "现场已扑灭。")
    assert (case.answered_at, case.is_on_time, case.overdue_hours) == (moment("03-08 12:00"), True, 0.0)
    assert [(one.category, one.status) for one in case.problems] == [("露天焚烧", "已整改")]
    assert (case.rectified, case.rectified_at, case.later_alarms) == (1, moment("03-08 18:00"), 0)
    assert (case.nth_alarm, case.recent_alarms, case.peak_pm25_ug_m3) == (1, 1, 120.0)


def test_a_person_pins_and_drops_and_the_rules_fill_up() -> None:
    pinned = chosen(choice=CaseChoice(("HIGH",), ("LONG",)))
    assert pinned[0] == ("chosen", "HIGH")
    assert pinned[1] == ("severe", "MILD")  # LONG was dropped, and HIGH's city has been told
    assert "LONG" not in [alarm for _, alarm in pinned]
    everything = tuple(ALARMS["alarm_id"])
    assert [alarm for _, alarm in chosen(choice=CaseChoice(everything))] == list(
        everything
    )  # more than the rules would
    assert chosen(choice=CaseChoice((), everything)) == []
    assert summary(ALARMS, PROBLEMS, choice=CaseChoice((), ("LONG",))).dropped_cases == ("LONG",)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (CaseChoice(("NOBODY",)), "no such alarm in the season up to this window.*NOBODY"),
        (CaseChoice((), ("NOBODY",)), "no such alarm.*NOBODY"),
        (CaseChoice(("HIGH",), ("HIGH",)), "both pinned and dropped.*HIGH"),
    ],
)
def test_a_case_that_cannot_be_is_refused(choice: CaseChoice, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cases(choice=choice)


def test_the_order_of_the_facts_does_not_matter() -> None:
    assert (
        cases(
            ALARMS.sample(frac=1, random_state=3).reset_index(drop=True),
            PROBLEMS.iloc[::-1].reset_index(drop=True),
        )
        == cases()
    )


def test_what_lingers_is_the_worst_of_the_season_whatever_else_is_told() -> None:
    """Fault 8: an alarm half an hour over was told while one of the same city stood for weeks."""
    alarms = pd.concat(
        [
            ALARMS,
            states(
                {"pushed_at": "03-01 06:00", "alarm_id": "WEEKS", "unit_code": "610100", "grid_id": "X1"},
                {
                    "pushed_at": "03-10 08:00",
                    "alarm_id": "HALF",
                    "unit_code": "140200",
                    "grid_id": "D1",
                    "deadline_at": "03-11 08:30",
                },
            ),
        ],
        ignore_index=True,
    )
    told = {case.rule: case for case in cases(alarms)}
    assert told["severe"].unit_code == told["lingering"].unit_code == "610100"
    assert (told["lingering"].alarm_id, told["lingering"].overdue_hours) == ("WEEKS", 219.0)


def revisions(*rows: tuple[str, str, str, int, float]) -> pd.DataFrame:
    """Rows of sql/alarm_growth.sql: alarm, when it was revised, its last hour, 报警次数, peak."""
    columns = ["alarm_id", "revised_at", "last_at", "alarm_count", "peak_pm25_ug_m3"]
    frame = pd.DataFrame(list(rows), columns=columns)
    return frame.assign(
        **{
            name: pd.to_datetime([moment(text) for text in frame[name]], utc=True)
            for name in ("revised_at", "last_at")
        }
    )


@pytest.mark.parametrize(
    ("told", "went_on", "count_then"),
    [
        ((), False, None),
        (
            (
                ("MILD", "03-08 10:00", "03-08 12:00", 1, 100.0),
                ("MILD", "03-08 17:00", "03-08 12:00", 5, 120.0),
            ),
            False,
            None,
        ),  # before 18:00
        (
            (
                ("MILD", "03-08 10:00", "03-08 12:00", 1, 120.0),
                ("MILD", "03-08 23:00", "03-08 22:00", 5, 120.0),
            ),
            True,
            1,
        ),
        (
            (
                ("MILD", "03-08 10:00", "03-08 12:00", 5, 100.0),
                ("MILD", "03-08 23:00", "03-08 12:00", 5, 120.0),
            ),
            True,
            None,
        ),  # a higher peak
        (
            (
                ("MILD", "03-08 10:00", "03-08 12:00", 5, 120.0),
                ("MILD", "03-08 23:00", "03-08 12:00", 5, 110.0),
            ),
            False,
            None,
        ),  # downwards
        (
            (
                ("LONG", "03-08 10:00", "03-08 12:00", 1, 100.0),
                ("LONG", "03-08 23:00", "03-08 22:00", 5, 120.0),
            ),
            False,
            None,
        ),  # another's
    ],
)
def test_a_case_sees_that_its_alarm_went_on_after_it_was_rectified(
    told: tuple[tuple[str, str, str, int, float], ...], went_on: bool, count_then: int | None
) -> None:
    alarms = ALARMS.assign(alarm_count=ALARMS["alarm_count"].mask(ALARMS["alarm_id"] == "MILD", 5))
    (case,) = (one for one in cases(alarms, revisions=revisions(*told)) if one.alarm_id == "MILD")
    assert case.rectified_at == moment("03-08 18:00")
    assert (case.went_on, case.count_then) == (went_on, count_then)
