import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.supervision.feedback import counts, counts_by_city, judge, judge_problems
from include.supervision.figures import FeedbackCounts, Share
from tests.supervision.states import moment, problems, states

AS_OF = moment("03-14 08:30")


FLAGS = (
    "upheld",
    "answered",
    "in_dispute",
    "closed",
    "open",
    "due",
    "on_time",
    "late",
    "overdue",
    "chronic",
    "in_grace",
)


def judged_as(as_of: object = AS_OF, **row: object) -> list[str]:
    alarm = judge(states({"pushed_at": "03-12 08:00", **row}), as_of).iloc[0]
    return [name for name in FLAGS if alarm[f"is_{name}"]]


ANSWERED = {"standing_event": "submitted"}
RETURNED = {"standing_event": "returned"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, ["open", "due", "overdue"]),
        ({"pushed_at": "03-13 09:00"}, ["open"]),
        ({"deadline_at": "03-14 08:30"}, ["open"]),  # a moment belongs to its deadline
        ({"deadline_at": "03-14 08:29"}, ["open", "due", "overdue"]),
        ({**ANSWERED, "standing_submission_at": "03-13 08:00"}, ["answered", "due", "on_time"]),
        ({**ANSWERED, "standing_submission_at": "03-13 08:01"}, ["answered", "due", "late"]),
        (
            {"standing_event": "accepted", "standing_submission_at": "03-12 10:00"},
            ["answered", "due", "on_time"],
        ),
        ({"pushed_at": "03-14 08:00", **ANSWERED, "standing_submission_at": "03-14 08:10"}, ["answered"]),
        # sent back: the first answer decides about the time, the grace about being overdue
        (
            {**RETURNED, "returned_at": "03-12 12:00", "first_answer_at": "03-12 11:00"},
            ["open", "due", "overdue"],
        ),
        (
            {**RETURNED, "returned_at": "03-13 09:00", "first_answer_at": "03-13 07:00"},
            ["open", "due", "on_time", "in_grace"],
        ),
        (
            {**RETURNED, "returned_at": "03-13 08:30", "first_answer_at": "03-13 07:00"},
            ["open", "due", "on_time", "in_grace"],
        ),
        (
            {**RETURNED, "returned_at": "03-13 08:29", "first_answer_at": "03-13 07:00"},
            ["open", "due", "overdue"],
        ),
        (
            {**RETURNED, "returned_at": "03-13 10:00", "first_answer_at": "03-13 09:00"},
            ["open", "due", "late", "in_grace"],
        ),
        # … a return makes no late first answer timely, and a timely one not late
        (
            {
                **ANSWERED,
                "returned_at": "03-13 09:00",
                "first_answer_at": "03-13 08:30",
                "standing_submission_at": "03-13 10:00",
            },
            ["answered", "due", "late"],
        ),
        (
            {
                **ANSWERED,
                "returned_at": "03-13 07:00",
                "first_answer_at": "03-12 09:00",
                "standing_submission_at": "03-14 08:00",
            },
            ["answered", "due", "on_time"],
        ),
        # disputes: in time they stop the clock, late ones do not, an answer withdraws none
        ({"disputed_at": "03-13 08:00"}, ["in_dispute", "open"]),
        ({"last_disputed_at": "03-13 08:01"}, ["open", "due", "overdue"]),
        (
            {"disputed_at": "03-12 10:00", **ANSWERED, "standing_submission_at": "03-12 12:00"},
            ["answered", "in_dispute"],
        ),
        (
            {"disputed_at": "03-12 10:00", "rejected_at": "03-12 10:00"},
            ["open", "due", "overdue"],
        ),  # decided at that instant
        (
            {"disputed_at": "03-12 10:00", "rejected_at": "03-13 08:30"},
            ["open"],
        ),  # 24 hours from the rejection
        ({"disputed_at": "03-12 10:00", "rejected_at": "03-13 08:29"}, ["open", "due", "overdue"]),
        (
            {"disputed_at": "03-12 11:00", "first_disputed_at": "03-12 09:00", "rejected_at": "03-12 10:00"},
            ["in_dispute", "open"],
        ),
        (
            {"last_disputed_at": "03-13 09:00", "rejected_at": "03-13 12:00"},
            ["open", "due", "overdue"],
        ),  # it was late
        (
            {
                "disputed_at": "03-12 10:00",
                "rejected_at": "03-13 10:00",
                **ANSWERED,
                "standing_submission_at": "03-14 08:00",
            },
            ["answered"],
        ),
        (
            {
                "disputed_at": "03-12 10:00",
                "rejected_at": "03-13 08:20",
                **ANSWERED,
                "standing_submission_at": "03-14 08:20",
            },
            ["answered", "due", "on_time"],
        ),
        (
            {
                "disputed_at": "03-12 10:00",
                "rejected_at": "03-13 08:20",
                **ANSWERED,
                "standing_submission_at": "03-14 08:21",
            },
            ["answered", "due", "late"],
        ),
        # upheld leaves everything; the last decision stands
        ({"upheld_at": "03-12 11:00", **ANSWERED, "standing_submission_at": "03-12 10:00"}, ["upheld"]),
        ({"disputed_at": "03-12 10:00", "upheld_at": "03-12 11:00", "rejected_at": "03-13 09:00"}, ["open"]),
        (
            {"disputed_at": "03-12 10:00", "upheld_at": "03-13 09:00", "rejected_at": "03-12 11:00"},
            ["upheld"],
        ),
        # closed without a standing answer; after one it changes nothing, and what comes later undoes it
        ({"closed_at": "03-14 08:00"}, ["closed"]),
        (
            {**ANSWERED, "standing_submission_at": "03-12 10:00", "closed_at": "03-14 08:00"},
            ["answered", "due", "on_time"],
        ),
        (
            {**ANSWERED, "standing_submission_at": "03-14 08:10", "closed_at": "03-14 08:00"},
            ["answered", "due", "late"],
        ),
        ({**RETURNED, "returned_at": "03-12 12:00", "closed_at": "03-12 12:00"}, ["closed"]),
        ({**RETURNED, "returned_at": "03-12 12:01", "closed_at": "03-12 12:00"}, ["open", "due", "overdue"]),
        ({"closed_at": "03-14 08:00", "reopened_at": "03-14 08:00"}, ["open", "due", "overdue"]),
        ({"closed_at": "03-14 08:00", "reopened_at": "03-14 07:00"}, ["closed"]),
    ],
)
def test_an_alarm_is_judged_by_its_steps(row: dict[str, object], expected: list[str]) -> None:
    assert judged_as(**row) == expected


def test_an_alarm_is_chronic_when_it_is_overdue_by_more_than_seven_days() -> None:
    assert judged_as(moment("03-20 08:00")) == ["open", "due", "overdue"]
    assert judged_as(moment("03-20 08:00") + pd.Timedelta(seconds=1)) == ["open", "due", "overdue", "chronic"]
    sent_back = {**RETURNED, "returned_at": "03-15 08:00", "first_answer_at": "03-12 09:00"}
    assert judged_as(moment("03-23 08:00"), **sent_back) == ["open", "due", "overdue"]


def test_the_hours_overdue_run_from_the_applicable_deadline() -> None:
    judged = judge(
        states(
            {"pushed_at": "03-12 08:00"},
            {"pushed_at": "03-12 08:00", **RETURNED, "returned_at": "03-12 20:30"},
            {"pushed_at": "03-12 08:00", **RETURNED, "returned_at": "03-13 09:30"},
        ),
        AS_OF,
    )
    assert judged["overdue_hours"].tolist() == [24.5, 12.0, 0.0]


def test_counts_of_two_cities_and_one_that_had_nothing() -> None:
    alarms = states(
        {"pushed_at": "03-12 08:00", "standing_event": "submitted", "standing_submission_at": "03-12 20:00"},
        {"pushed_at": "03-12 09:00", "standing_event": "submitted", "standing_submission_at": "03-13 20:00"},
        {"pushed_at": "03-12 10:00"},
        {"pushed_at": "03-12 11:00", "upheld_at": "03-12 12:00"},
        {"pushed_at": "03-13 12:00", "unit_code": "130100"},
        {"pushed_at": "03-12 12:00", "disputed_at": "03-12 13:00"},
        {"pushed_at": "03-12 12:00", "closed_at": "03-12 13:00"},
        {"pushed_at": "03-01 12:00"},
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
        {
            "alarm_id": "A3",
            "found_at": "03-12 12:00",
            "rectify_by_at": "03-20 00:00",
        },  # its alarm is not answered
    )
    judged = judge(alarms, AS_OF)
    table = counts_by_city(judged, judge_problems(found, judged, AS_OF), ["130100", "140300", "610100"])
    assert counts(table, "140300") == FeedbackCounts(
        pushed=6,
        answered=2,
        due=4,
        on_time=1,
        late=1,
        overdue=2,
        upheld=1,
        problems=4,
        alarms_with_problem=2,
        rectification_due=2,
        rectified=1,
        in_dispute=1,
        chronic=1,
        closed=1,
    )
    assert counts(table, "130100") == FeedbackCounts(pushed=1)
    assert counts(table, "610100") == FeedbackCounts()
    assert counts(table).pushed == 7


def test_a_promise_later_than_fifteen_days_is_due_after_fifteen() -> None:
    judged = judge(states({"pushed_at": "03-12 08:00"}), AS_OF)
    found = problems({"alarm_id": "A1", "found_at": "02-20 08:00", "rectify_by_at": "04-01 00:00"})
    due = judge_problems(found, judged, AS_OF)
    assert due["rectify_due_at"].iloc[0] == moment("03-06 08:00")
    assert due["is_rectification_due"].iloc[0]


def test_a_share_prints_n_of_n_and_a_dash_for_nothing() -> None:
    assert [str(Share(3, 4)), str(Share(0, 0)), str(Share(0, 2))] == ["3/4（75.0%）", "—", "0/2（0.0%）"]


_HOURS = st.one_of(st.none(), st.integers(0, 300))


@settings(deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "pushed_at": st.integers(0, 72),
                "standing_event": st.sampled_from([None, "submitted", "returned", "accepted"]),
                **dict.fromkeys(
                    (
                        "first_answer_at",
                        "returned_at",
                        "disputed_at",
                        "rejected_at",
                        "upheld_at",
                        "closed_at",
                    ),
                    _HOURS,
                ),
            }
        ),
        min_size=1,
        max_size=20,
    )
)
def test_due_is_always_on_time_plus_late_plus_overdue(rows: list[dict[str, object]]) -> None:
    filled = []
    for row in rows:
        pushed = moment("03-05 00:00") + pd.Timedelta(hours=int(str(row["pushed_at"])))
        alarm = {
            name: pushed + pd.Timedelta(hours=int(str(value)))
            if value is not None and name != "standing_event"
            else value
            for name, value in row.items()
        }
        filled.append(alarm | {"pushed_at": pushed})
    judged = judge(states(*filled), AS_OF)
    total = counts(counts_by_city(judged, judge_problems(problems(), judged, AS_OF), ["140300"]))
    assert total.due == total.on_time + total.late + total.overdue
    assert total.pushed + total.upheld == len(rows)
    assert total.answered <= total.pushed
    assert total.chronic <= total.overdue
    assert (judged["is_open"] | judged["is_closed"] | judged["is_answered"] == judged["is_pushed"]).all()
    assert not (judged["is_overdue"] & judged["is_in_grace"]).any()
