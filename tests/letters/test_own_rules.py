"""An office with rules of its own: every number of a rule in a letter is the one that the unit was judged by, and the house's words are said as
the office says them, in every form of a letter."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from include.language import office_words
from include.letters.composition import compose_notice
from include.letters.summary import compose_summary
from include.letters.words.flag_words import reason_words
from include.profile.current import load, office, own_deadlines, using
from include.profile.rules import RuleChange
from include.rules import DEADLINES, Deadlines, LowResponse
from include.supervision.figures import FlagReason, from_json, to_json
from include.supervision.low_response import Response, flag
from include.supervision.weekly_figures import SummaryFigures
from tests.letters import samples, summaries
from tests.letters.reading import pdf_text, squeezed
from tests.supervision.summaries import summary

START = date(2020, 3, 1)
CHANGES = (
    RuleChange("deadlines.feedback", timedelta(hours=30), "", START),
    RuleChange("deadlines.feedback", timedelta(hours=12), "140300", START),
    RuleChange("low_response.urge_overdue", timedelta(hours=1), "", START),
)


@pytest.fixture(autouse=True)
def _small() -> Iterator[None]:
    with summaries.small_pictures():
        yield


def test_a_summary_says_the_times_and_thresholds_it_was_judged_by_also_when_it_is_made_again() -> None:
    with using(replace(office(), rules=CHANGES)):
        figures = summary()
    assert figures.deadlines == replace(DEADLINES, feedback=timedelta(hours=30))
    assert figures.own_hours == (("阳泉市", 12.0),)
    assert from_json(SummaryFigures, to_json(figures)) == figures
    pdf = compose_summary(figures, summaries.ISSUE).file("pdf")
    assert pdf is not None
    text = squeezed(pdf_text(pdf.content))
    assert "反馈时限为推送后30小时，其中阳泉市12小时；" in text
    assert "前述超期报警中有超期逾1小时的" in text
    assert "24小时；时限内" not in text


def test_without_rules_of_its_own_nothing_is_frozen_beside_the_edition() -> None:
    figures = summaries.plain()
    assert (figures.deadlines, figures.own_hours) == (None, ())
    assert own_deadlines(START) is None


def test_the_reasons_of_a_flag_name_the_thresholds_of_the_unit() -> None:
    rules = LowResponse(recent_overdue=timedelta(days=5), urge_overdue=timedelta(hours=1))
    response = Response(recent_overdue=6, long_overdue=5, longest_hours=13.0)
    assert [reason_words(one) for one in flag(response, rules).reasons] == [
        "有6条报警超期未反馈（超期5天以内）",
        "其中5条超期逾1小时，最久的已超期13小时",
    ]
    assert flag(response).reasons == (FlagReason("overdue", 6), FlagReason("long_overdue", 5, 13.0))


def test_a_notice_says_what_a_rejection_and_a_return_give() -> None:
    told = Deadlines(after_rejection=timedelta(hours=6), after_return=timedelta(hours=8))
    pdf = compose_notice(replace(samples.notice(), deadlines=told), samples.ISSUE).file("pdf")
    assert pdf is not None
    text = squeezed(pdf_text(pdf.content))
    assert "申诉被驳回的，时限为驳回后6小时；反馈被退回的，自退回起8小时内不计超期" in text


def test_what_stands_in_quotes_inside_a_tag_is_said_as_the_office_says_it_and_names_are_left() -> None:
    with using(load("jinan")):
        called = office().units_called
        assert office_words("{{ tile(城市, '督办/提醒城市') }}各城市") == (
            f"{{{{ tile(城市, '督办/提醒{called}') }}}}各{called}"
        )
        html = compose_summary(summaries.plain(), summaries.ISSUE).file("html")
        assert html is not None
        assert "城市" not in html.content.decode()
