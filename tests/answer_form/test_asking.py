"""Until when a letter asks for answers: never later than the deadline of an alarm that it lists."""

from dataclasses import replace
from datetime import datetime, timedelta

from include.answer_form.asking import asked, asked_first, asked_shortly
from include.periods import office_zone
from include.profile.current import load, using
from include.supervision.figures import FormRow

AS_OF = datetime(2020, 3, 12, 8, 30, tzinfo=office_zone())
REPLY_BY = AS_OF + timedelta(hours=24)
ROW = FormRow("c", "a", "g", "甲县", "某点", None, None, AS_OF, 1, None, AS_OF, is_overdue=False)


def rows(*hours: float) -> list[FormRow]:
    """Open alarms with so many hours left; those with less than none are overdue."""
    return [replace(ROW, deadline_at=AS_OF + timedelta(hours=left), is_overdue=left < 0) for left in hours]


def words(*hours: float) -> tuple[str, str]:
    told = rows(*hours)
    return asked(told, AS_OF, REPLY_BY), asked_shortly(told, AS_OF, REPLY_BY)


def test_one_deadline_is_the_date_that_is_asked() -> None:
    assert words(6.5) == ("于3月12日15时前反馈", "请于3月12日15时前反馈")
    assert words(6.5, 6.5) == words(6.5)
    assert words(30) == ("于3月13日14时30分前反馈", "请于3月13日14时30分前反馈")


def test_several_deadlines_are_each_alarms_own() -> None:
    assert words(12, 6.5) == ("按各条反馈时限（最早3月12日15时）反馈", "最早3月12日15时到期")


def test_what_is_overdue_is_asked_for_at_once_or_until_the_letters_own_date() -> None:
    assert words(-50, -1) == ("于3月13日8时30分前反馈", "请于3月13日8时30分前反馈")
    assert words(-50, 6.5) == (
        "立即反馈超期报警，其余于3月12日15时前反馈",
        "最早3月12日15时到期",
    )
    assert words(-50, 6.5, 7)[0] == "立即反馈超期报警，其余按反馈时限（最早3月12日15时）反馈"
    assert words(-50, 30)[0] == "尽快反馈超期报警（最迟3月13日8时30分），其余于3月13日14时30分前反馈"


def test_a_letter_opens_with_the_first_date() -> None:
    assert asked_first(rows(6.5), AS_OF, REPLY_BY) == "请于3月12日15时前反馈"
    assert asked_first(rows(-1), AS_OF, REPLY_BY) == "请于3月13日8时30分前反馈"
    assert asked_first(rows(-1, 6.5), AS_OF, REPLY_BY) == "请尽快反馈，最早3月12日15时到期"
    assert asked_first(rows(6.5, 9), AS_OF, REPLY_BY) == "请尽快反馈，最早3月12日15时到期"


def test_the_form_says_the_year() -> None:
    assert asked(rows(6.5), AS_OF, REPLY_BY, year=True) == "于2020年3月12日15时前反馈"


def test_in_english() -> None:
    with using(load("harbour")):
        told = rows(-50, 6.5, 7)
        assert asked(told, AS_OF, REPLY_BY).startswith("answer those overdue at once and ")
        assert " and the others by their own deadlines (the earliest " in asked(told, AS_OF, REPLY_BY)
        assert asked_shortly(told, AS_OF, REPLY_BY).startswith("the earliest by ")
