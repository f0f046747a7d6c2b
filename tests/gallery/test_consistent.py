"""The figures of every case of the gallery agree with each other, and each kind of contradiction is found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from include.profile.current import load, using
from tests.gallery import computed, computed_air
from tests.gallery.cases import Case, cases, push
from tests.gallery.consistent import contradictions
from tests.letters import samples, summaries

ALL = {case.name: case for case in cases()}


def test_every_letter_with_figures_is_looked_at() -> None:
    assert {name for name, case in ALL.items() if case.figures is None} == {
        "digest",
        "trouble",
        "code",
        "harbour-digest",
        "harbour-code",
    }


@pytest.mark.parametrize("case", [one for one in ALL.values() if one.figures], ids=lambda one: one.name)
def test_the_figures_agree(case: Case) -> None:
    assert case.figures is not None
    with using(load(case.profile)):
        assert contradictions(case.figures(), case.issue) == []


def _bulletin(**changes: Any) -> Any:
    return replace(computed_air.hot_city("130100", 1), **changes)


def _half(**changes: Any) -> Any:
    city = computed_air.hot_city("130100", 1).city
    return _bulletin(city=replace(city, half=replace(city.half, **changes)))


def _alarm(**changes: Any) -> Any:
    figures = push(1)
    return replace(figures, alarms=(replace(figures.alarms[0], **changes),))


def _summary(**changes: Any) -> Any:
    plain = summaries.plain()
    return replace(plain, total=replace(plain.total, **changes))


def _two_of_one_name() -> Any:
    plain = summaries.plain()
    first, second, *others = plain.cities
    return replace(plain, cities=(first, replace(second, unit_name=first.unit_name), *others))


def _one_category_twice() -> Any:
    bulletin = _bulletin()
    first, second, *others = bulletin.categories
    return replace(bulletin, categories=(first, replace(second, category=first.category), *others))


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        (lambda: _half(valid_days=17), "17 valid days in a half of 16"),
        (lambda: _half(yoy_pct=0.0), "of the year before called"),
        (lambda: _half(rank=10), "place 10 of 9"),
        (lambda: _bulletin(days=()), "0 in the chart"),
        (lambda: _bulletin(reply_by=_bulletin().period.last_date), "before the half ends"),
        (lambda: _bulletin(categories=()), "4 problems, by category []"),
        (_one_category_twice, "one category twice"),
        (lambda: _summary(pushed=7), "pushed: 6 of the units, 7 in all"),
        (_two_of_one_name, "two units of one name"),
        (lambda: _alarm(peak_pm25_ug_m3=287.0, above_ug_m3=180.0), "peak 287.0, the hours up to 187.0"),
        (lambda: _alarm(above_ug_m3=10.0), "187.0 is 10.0 above 107.0"),
        (lambda: replace(computed.notice(computed.ordinary()), form=()), "0 to be answered"),
    ],
)
def test_each_contradiction_is_found(figures: Callable[[], Any], told: str) -> None:
    assert told in "; ".join(contradictions(figures()))


def test_a_letter_is_issued_after_its_figures_and_before_it_asks() -> None:
    figures = computed.reminder([computed.alarm(1, computed.at(10, 10))])
    assert contradictions(figures, samples.ISSUE) == []
    early = replace(samples.ISSUE, issued_on="2020年3月12日")
    assert "issued 2020-03-12, as of" in "; ".join(contradictions(figures, early))
    asked = replace(figures, reply_by=figures.reply_by - timedelta(days=3))
    assert "to be answered by" in "; ".join(contradictions(asked, samples.ISSUE))
