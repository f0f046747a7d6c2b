"""The method page tells the office's own time to answer, of all units and of each that has another, from its date."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from include.open_settings import OpenSettings
from include.openness.figures import Edition
from include.openness.package import publication
from include.openness.site import Site
from include.profile.rules import RuleBook
from include.profile.values import RuleChange
from tests.openness.test_editions import FIRST

HOUR = timedelta(hours=1)
MARCH = replace(FIRST, month=replace(FIRST.month, units=(("1", "甲市"), ("2", "乙市"), ("3", "丙市"))))


def answering(hours: int, unit_code: str, *day: int) -> RuleChange:
    return RuleChange("deadlines.feedback", hours * HOUR, unit_code, date(*day))


def told(book: RuleBook, *editions: Edition) -> list[str]:
    """The lines of both method pages that state hours."""
    files = publication(Site(editions, OpenSettings(), "局", rules=book))
    pages = "".join(files[path].decode() for path in ("method.html", "method.en.html"))
    lines = (re.sub("<[^>]+>", "", line).strip() for line in re.split("</?li>", pages))
    return [line for line in lines if re.search(r"\d+(小时| hours)", line)]


@pytest.mark.parametrize(
    ("changes", "chinese", "english"),
    [
        ((), ("24小时", ""), ("24 hours", "")),
        ((answering(36, "", 2019, 1, 1),), ("36小时", ""), ("36 hours", "")),
        ((answering(36, "", 2020, 4, 1),), ("24小时", ""), ("24 hours", "")),  # after the last month
        (
            (answering(36, "", 2020, 3, 5), answering(48, "2", 2020, 1, 1), answering(12, "3", 2020, 3, 10)),
            (
                "24小时，2020年3月5日起推送的36小时",
                "乙市48小时；丙市24小时，2020年3月5日起推送的36小时，2020年3月10日起推送的12小时",
            ),
            (
                "24 hours, for those pushed since 5 March 2020 36 hours",
                "乙市 48 hours; 丙市 24 hours, for those pushed since 5 March 2020 36 hours, for those pushed since 10 March 2020 12 hours",
            ),
        ),
    ],
)
def test_the_time_to_answer_is_the_profiles(
    changes: tuple[RuleChange, ...], chinese: tuple[str, str], english: tuple[str, str]
) -> None:
    (general, own), (general_en, own_en) = chinese, english
    expected = [
        f"到期：反馈时限（推送后{general}；申诉被驳回的，驳回后另计24小时）已过、不在复核中、未结案的报警。",
        f"推送后的反馈时限另有规定的：{own}。",
        f"Due: the deadline ({general_en}, counted from the push; 24 hours from the rejection of a dispute) is past, "
        "and the alarm is neither under review nor closed.",
        f"Units with another deadline, from the push: {own_en}.",
    ]
    assert told(RuleBook(changes), MARCH) == (expected if own else expected[::2])


def test_where_every_edition_was_removed_the_page_tells_the_last_rule() -> None:
    removed = replace(MARCH, removed_on=date(2020, 6, 1), removed_reason="因")
    (chinese, english) = told(RuleBook((answering(36, "", 2020, 3, 5),)), removed)
    assert "推送后36小时；" in chinese
    assert "(36 hours, counted" in english
