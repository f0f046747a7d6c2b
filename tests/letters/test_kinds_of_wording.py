"""Faults of wording by their kind: every template with extreme figures, whatever kind of letter it is."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from include.letters.bulletin_values import bulletin_values
from include.letters.document.template_outline import outline
from include.letters.document.templates import SHIPPED
from include.letters.document.word import TemplatePicture, compose_docx
from include.letters.document.word_reader import read_manuscript
from include.letters.notice import notice_values
from include.letters.overview_values import overview_values
from include.letters.reminder import reminder_values
from include.letters.summary_values import summary_values
from include.letters.words.durations import duration
from include.periods import office_zone
from include.supervision.bulletin_figures import FollowUp, GridInspection, HighArea, ProblemCount
from include.supervision.figures import FeedbackCounts, Issue
from tests.letters import bulletins, samples, summaries

PRESENT = "2026-11"  # letters of earlier editions keep their words
ISSUE = Issue("监督组", "王某", "010-12345678", "x@example.org")
BUSY = FeedbackCounts(
    pushed=1262,
    answered=1118,
    due=1200,
    on_time=1000,
    late=94,
    overdue=106,
    upheld=3,
    problems=2000,
    alarms_with_problem=600,
    rectification_due=1500,
    rectified=700,
)
BRACKETED = (("扬尘（道路）", 3), ("扬尘（裸土堆场）", 2), ("工业企业", 1))
INSPECTED = GridInspection(5, 4, 1, 6, 2, BRACKETED)
AREA = HighArea(1, ("赵县",), ("T1", "T2"), 92.4, 95.0, 114.7, 37.7, INSPECTED, 3)
ASKED = (
    FollowUp("rectification_overdue", 9, 20, ("扬尘（道路）", "扬尘（裸土堆场）")),
    FollowUp("overdue", 3, 9, ("T1", "T2")),
)


def notices() -> Iterator[Any]:
    yield samples.notice()
    yield replace(
        samples.notice(), window=FeedbackCounts(), rolling=BUSY, rows=(), overdue=(), problems=(), form=()
    )
    yield replace(samples.notice(), overdue=(samples.overdue_row(1, overdue_hours=1456.0),))


def reminders() -> Iterator[Any]:
    yield samples.reminder()
    yield samples.reminder(1, round=2, rolling=BUSY)


def several_summaries() -> Iterator[Any]:
    yield from (
        summaries.plain(),
        summaries.nothing(),
        summaries.all_answered(),
        summaries.first(),
        summaries.cut(),
    )
    plain = summaries.plain()
    yield replace(
        plain,
        total=BUSY,
        previous_total=replace(BUSY, pushed=1255, problems=1951, on_time=1001),
        season_total=BUSY,
    )


def several_bulletins() -> Iterator[Any]:
    plain = bulletins.bulletin()
    yield plain
    yield bulletins.first_half()
    yield bulletins.without_air()
    dusty = replace(bulletins.without_air().city, without_dust=bulletins.level(None, 9), dust_hours=40)
    yield replace(bulletins.without_air(), city=dusty)
    yield replace(
        plain,
        high_areas=(AREA,),
        follow_ups=ASKED,
        city=replace(plain.city, window=BUSY, season=BUSY),
        categories=tuple(ProblemCount(name, count, 1) for name, count in BRACKETED),
    )


def overviews() -> Iterator[Any]:
    plain = bulletins.overview()
    yield plain
    codes = tuple(city.unit_code for city in plain.cities[:3])
    fallen = tuple(
        replace(
            city, half=replace(city.half, yoy_pct=-16.1, pop_pct=-2.0), dust_hours=9, without_dust=city.half
        )
        for city in plain.cities
    )
    yield replace(
        plain,
        cities=fallen,
        worst_yoy=codes,
        worst_pop=codes,
        month_worst_yoy=codes,
        total=BUSY,
        season_total=BUSY,
    )
    empty = tuple(
        replace(
            city,
            half=bulletins.level(None, 3),
            month=None,
            dust_hours=9,
            without_dust=bulletins.level(None, 3),
        )
        for city in plain.cities
    )
    yield replace(
        plain, cities=empty, regions=(), worst_level=(), worst_yoy=(), worst_pop=(), highest=(), rising=()
    )


KINDS: dict[str, tuple[Callable[..., dict[str, Any]], Callable[[], Iterator[Any]]]] = {
    "notice": (notice_values, notices),
    "reminder": (reminder_values, reminders),
    "summary": (summary_values, several_summaries),
    "bulletin": (bulletin_values, several_bulletins),
    "overview": (overview_values, overviews),
}


def paragraphs(kind: str, figures: Any) -> list[str]:
    """Every paragraph and cell of a letter, footnotes on lines of their own."""
    named = set(re.findall(r"图_[^ }]+", outline((SHIPPED / f"{kind}.docx").read_bytes())))
    dot = io.BytesIO()
    Image.new("RGB", (1, 1)).save(dot, "PNG")
    pictures = {name: TemplatePicture(dot.getvalue(), 10, "图") for name in named}
    pictures = {name: (one,) if name == "图_走势" else one for name, one in pictures.items()}
    values = KINDS[kind][0](figures, ISSUE, str)
    docx = compose_docx(
        f"{kind}.docx", values | pictures, "监督组", figures.period.as_of.astimezone(office_zone())
    )
    found: list[str] = []
    for block in read_manuscript(docx).blocks:
        rows = getattr(block, "rows", None)
        texts = [block] if rows is None else [one for row in rows for cell in row for one in cell.paragraphs]
        for one in texts:
            runs = getattr(one, "runs", ())
            found.append("".join(run.text for run in runs))
            found += ["".join(part.text for part in run.footnote) for run in runs if run.footnote]
    return found


@pytest.fixture(scope="module", params=sorted(KINDS))
def letters(request: pytest.FixtureRequest) -> list[list[str]]:
    kind = str(request.param)
    return [paragraphs(kind, replace(figures, rules_version=PRESENT)) for figures in KINDS[kind][1]()]


def told(letters: list[list[str]], pattern: str) -> list[str]:
    return [text for letter in letters for text in letter if re.search(pattern, text)]


def test_no_bracket_stands_inside_a_bracket(letters: list[list[str]]) -> None:
    assert told(letters, r"（[^（）]*（") == []


def test_no_fall_is_worded_as_a_change_for_the_worse(letters: list[list[str]]) -> None:
    assert told(letters, r"变差|变化较差|变化最差的是|较差的是[^。；]*下降") == []


def test_small_is_not_said_beside_the_number(letters: list[list[str]]) -> None:
    assert told(letters, r"略[增减升降]|、\d+\.\d%") == []


def test_dust_is_spoken_of_only_where_a_concentration_is_printed(letters: list[list[str]]) -> None:
    for letter in letters:
        dusty = [text for text in letter if re.search("(以上|所列)浓度[均]?未扣除沙尘", text)]
        assert not dusty or any(re.search(r"浓度为\d+μg/m³", text) for text in letter)


def test_hours_of_data_stand_in_the_annex_and_not_in_the_text(letters: list[list[str]]) -> None:
    for letter in letters:
        first = [text for text in letter if len(text) > 30][:2]
        assert [text for text in first if "已收齐" in text or "数据完整" in text or "均已取得" in text] == []


def test_rows_in_the_order_of_time_are_not_said_to_be_near_or_far(letters: list[list[str]]) -> None:
    assert told(letters, "由近及远") == []


def test_nothing_of_the_program_shows(letters: list[list[str]]) -> None:
    assert told(letters, r"None|nan|。。|，，|；；|、、|（）") == []


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0.4, "不足1小时"), (1.9, "1小时"), (71.99, "71小时"), (72.0, "3天"), (95.9, "3天"), (1456.0, "60天")],
)
def test_a_delay_has_one_unit_by_its_size(hours: float, words: str) -> None:
    assert duration(hours) == words


def test_the_form_says_in_which_order_its_rows_are() -> None:
    from include.answer_form.layout import COLUMNS

    assert [one.guide for one in COLUMNS if "由近及远" in one.guide] == []
