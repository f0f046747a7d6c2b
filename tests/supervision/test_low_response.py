import pytest

from include.letters.words.flag_words import flag_words, mark_words, reasons_words
from include.supervision.feedback import judge
from include.supervision.figures import Flag, FlagReason
from include.supervision.low_response import Response, flag, responses
from tests.supervision.states import moment, states

AS_OF = moment("03-20 08:30")
WEEK = moment("03-13 00:00"), moment("03-20 00:00")


def late(pushed_at: str) -> dict[str, object]:
    answered = moment(pushed_at) + (moment("03-02 01:00") - moment("03-01 00:00"))
    return {"pushed_at": pushed_at, "standing_event": "submitted", "standing_submission_at": answered}


@pytest.mark.parametrize(
    ("response", "level"),
    [
        (Response(), ""),
        (Response(recent_overdue=1), "remind"),
        (Response(late=1), ""),
        (Response(late=2), "remind"),
        (Response(late=9), "remind"),  # never a 督办 without a recent overdue alarm
        (Response(recent_overdue=1, long_overdue=1, longest_hours=24.1), "urge"),
        (Response(recent_overdue=1, late=2), "remind"),
        (Response(recent_overdue=1, late=3), "urge"),
        (Response(chronic=17), ""),  # a mark of its own
        (Response(chronic=17, late=3), "remind"),
    ],
)
def test_levels(response: Response, level: str) -> None:
    assert flag(response).level == level
    assert flag(response).chronic == response.chronic


def test_every_rule_that_fired_is_named_with_its_figures() -> None:
    found = flag(Response(recent_overdue=2, long_overdue=1, longest_hours=30.2, late=3, chronic=4))
    assert found == Flag(
        "urge",
        (
            FlagReason("overdue", 2),
            FlagReason("late", 3),
            FlagReason("long_overdue", 1, 30.2),
            FlagReason("overdue_and_late", 3),
        ),
        4,
        2,
    )
    assert reasons_words(found) == (
        "有2条报警超期未反馈（超期7天以内）",
        "其中1条超期逾24小时，已超期30小时",
        "同时近7日推送的报警逾期反馈3条",
        "长期未反馈4条",
    )
    assert mark_words(found) == "督办、长期4条"
    assert (mark_words(Flag("", (), 3)), flag_words(Flag("", (), 3)), mark_words(Flag())) == (
        "长期3条",
        "长期3条",
        "",
    )
    assert flag_words(Flag("remind", ("原话",))) == "提醒：原话"  # of edition 2020-03


def test_a_unit_is_judged_by_recent_overdue_alarms_of_any_push_and_the_late_ones_of_seven_days() -> None:
    judged = judge(
        states(
            {"pushed_at": "03-12 08:30"},  # overdue by exactly seven days: recent
            {"pushed_at": "03-12 08:29"},  # by more: chronic
            {"pushed_at": "03-18 08:30"},  # for exactly a day: not long
            {"pushed_at": "03-19 08:30"},  # at its deadline: not overdue
            # disputed in time and rejected long afterwards: overdue only since a day after that
            {"pushed_at": "02-01 08:00", "disputed_at": "02-01 10:00", "rejected_at": "03-18 08:30"},
            # sent back: in grace it is not overdue
            {
                "pushed_at": "03-15 08:00",
                "standing_event": "returned",
                "returned_at": "03-19 09:00",
                "first_answer_at": "03-16 09:00",
            },
            late("03-13 00:00"),
            late("03-12 23:59"),  # pushed before the seven days
            late("03-18 09:00"),
            {"pushed_at": "03-20 00:00"},  # after the window
        ),
        AS_OF,
    )
    assert responses(judged, *WEEK) == {
        "140300": Response(recent_overdue=3, long_overdue=1, longest_hours=168.0, late=3, chronic=1)
    }
    assert responses(judged.iloc[:0], *WEEK) == {}
