import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.supervision.feedback import counts, counts_by_city, judge, judge_problems, longest_overdue_hours
from include.supervision.figures import FeedbackCounts, Share
from tests.supervision.states import moment, problems, states

AS_OF = moment("03-14 08:30")


def judged_as(**row: object) -> list[str]:
    alarm = judge(states({"pushed_at": "03-12 08:00", **row}), AS_OF).iloc[0]
    return [
        name for name in ("upheld", "answered", "due", "on_time", "late", "overdue") if alarm[f"is_{name}"]
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, ["due", "overdue"]),
        ({"pushed_at": "03-13 09:00"}, []),
        ({"deadline_at": "03-14 08:30"}, []),  # the deadline is not past while it lasts
        ({"standing_event": "submitted", "standing_submission_at": "03-13 08:00"}, ["answered", "due", "on_time"]),
        ({"standing_event": "submitted", "standing_submission_at": "03-13 08:01"}, ["answered", "due", "late"]),
        ({"standing_event": "accepted", "standing_submission_at": "03-12 10:00"}, ["answered", "due", "on_time"]),
        ({"standing_event": "returned", "returned_at": "03-12 12:00"}, ["due", "overdue"]),
        # sent back late: the new answer has 24 hours from the return
        ({"standing_event": "submitted", "returned_at": "03-13 07:00", "standing_submission_at": "03-14 07:00"}, ["answered", "due", "on_time"]),
        ({"standing_event": "submitted", "returned_at": "03-13 07:00", "standing_submission_at": "03-14 07:01"}, ["answered", "due", "late"]),
        # sent back early: the return never shortens the deadline
        ({"standing_event": "submitted", "returned_at": "03-12 09:00", "deadline_at": "03-13 12:00", "standing_submission_at": "03-13 11:00"}, ["answered", "due", "on_time"]),
        ({"dispute_event": "disputed"}, ["due", "overdue"]),
        ({"dispute_event": "dispute_rejected"}, ["due", "overdue"]),
        ({"dispute_event": "dispute_upheld", "standing_event": "submitted", "standing_submission_at": "03-12 10:00"}, ["upheld"]),
        ({"pushed_at": "03-14 08:00", "standing_event": "submitted", "standing_submission_at": "03-14 08:10"}, ["answered"]),
    ],
)  # fmt: skip
def test_an_alarm_is_judged_by_its_last_step(row: dict[str, object], expected: list[str]) -> None:
    assert judged_as(**row) == expected


def test_an_answer_that_was_sent_back_lately_is_overdue_but_in_grace() -> None:
    judged = judge(
        states(
            {"pushed_at": "03-12 08:00"},
            {"pushed_at": "03-12 08:00", "standing_event": "returned", "returned_at": "03-13 07:30"},
            {"pushed_at": "03-12 08:00", "standing_event": "returned", "returned_at": "03-13 09:30"},
        ),
        AS_OF,
    )
    assert judged["overdue_hours"].tolist() == [24.5, 24.5, 24.5]
    assert judged["is_overdue"].tolist() == [True, True, True]
    assert judged["is_in_grace"].tolist() == [False, False, True]
    assert longest_overdue_hours(judged) == {"140300": 24.5}
    assert longest_overdue_hours(judged[judged["is_in_grace"]]) == {"140300": 0.0}
    assert longest_overdue_hours(judged.iloc[:0]) == {}


def test_counts_of_two_cities_and_one_that_had_nothing() -> None:
    alarms = states(
        {"pushed_at": "03-12 08:00", "standing_event": "submitted", "standing_submission_at": "03-12 20:00"},
        {"pushed_at": "03-12 09:00", "standing_event": "submitted", "standing_submission_at": "03-13 20:00"},
        {"pushed_at": "03-12 10:00"},
        {"pushed_at": "03-12 11:00", "dispute_event": "dispute_upheld"},
        {"pushed_at": "03-13 12:00", "city_code": "130100"},
    )
    found = problems(
        {
            "alarm_id": "A1",
            "found_at": "03-12 12:00",
            "rectified_at": "03-12 15:00",
            "rectify_by_at": "03-13 00:00",
        },
        {"alarm_id": "A1", "found_at": "03-10 12:00"},  # three days without a promise: due, not done
        {"alarm_id": "A2", "found_at": "03-13 12:00", "rectified_at": "03-13 13:00"},  # done before it is due
        {"alarm_id": "A4", "found_at": "03-12 12:00"},  # its alarm was no alarm
    )
    judged = judge(alarms, AS_OF)
    table = counts_by_city(judged, judge_problems(found, judged, AS_OF), ["130100", "140300", "610100"])
    assert counts(table, "140300") == FeedbackCounts(
        pushed=3, answered=2, due=3, on_time=1, late=1, overdue=1, upheld=1, problems=3, alarms_with_problem=2,
        rectification_due=2, rectified=1,
    )  # fmt: skip
    assert counts(table, "130100") == FeedbackCounts(pushed=1)
    assert counts(table, "610100") == FeedbackCounts()
    assert counts(table).pushed == 4


def test_a_promise_later_than_fifteen_days_is_due_after_fifteen() -> None:
    judged = judge(states({"pushed_at": "03-12 08:00"}), AS_OF)
    found = problems({"alarm_id": "A1", "found_at": "02-20 08:00", "rectify_by_at": "04-01 00:00"})
    due = judge_problems(found, judged, AS_OF)
    assert due["rectify_due_at"].iloc[0] == moment("03-06 08:00")
    assert due["is_rectification_due"].iloc[0]


def test_a_share_prints_n_of_n_and_a_dash_for_nothing() -> None:
    assert [str(Share(3, 4)), str(Share(0, 0)), str(Share(0, 2))] == ["3/4（75.0%）", "—", "0/2（0.0%）"]


@settings(deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"pushed_at": st.integers(0, 72)},
            optional={
                "standing_event": st.sampled_from(["submitted", "returned", "accepted"]),
                "answer_after_hours": st.integers(0, 60), "return_after_hours": st.integers(0, 60),
                "dispute_event": st.sampled_from(["disputed", "dispute_upheld", "dispute_rejected"]),
            },
        ),
        min_size=1, max_size=20,
    )
)  # fmt: skip
def test_due_is_always_on_time_plus_late_plus_overdue(rows: list[dict[str, object]]) -> None:
    filled = []
    for row in rows:
        pushed = moment("03-11 00:00") + pd.Timedelta(hours=int(str(row["pushed_at"])))
        alarm: dict[str, object] = {
            "pushed_at": pushed,
            **{key: row[key] for key in ("standing_event", "dispute_event") if key in row},
        }
        if "return_after_hours" in row:
            alarm["returned_at"] = pushed + pd.Timedelta(hours=int(str(row["return_after_hours"])))
        if alarm.get("standing_event") in ("submitted", "accepted"):
            alarm["standing_submission_at"] = pushed + pd.Timedelta(
                hours=int(str(row.get("answer_after_hours", 1)))
            )
        filled.append(alarm)
    judged = judge(states(*filled), AS_OF)
    total = counts(counts_by_city(judged, judge_problems(problems(), judged, AS_OF), ["140300"]))
    assert total.due == total.on_time + total.late + total.overdue
    assert total.pushed + total.upheld == len(rows)
    assert total.answered <= total.pushed
