"""Who is said to be overdue for longest, and what is said to be the earliest, where several share the place: in both languages."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from include.letters.composition import Letter, compose_notice, compose_reminder
from include.letters.document.manuscript import Paragraph
from include.letters.document.word_reader import read_manuscript
from include.letters.words.wording import named, older_values
from include.profile.current import load, using
from tests.letters import samples


def overdue(*hours: float) -> tuple[Any, ...]:
    """Overdue alarms, of equal hours with one deadline."""
    first = samples.overdue_row(1)
    return tuple(
        replace(first, alarm_id=f"A{n}", grid_id=f"G{n}", overdue_hours=late)
        for n, late in enumerate(hours, start=1)
    )


def told(letter: Letter) -> str:
    file = letter.file("docx")
    assert file is not None
    blocks = read_manuscript(file.content).blocks
    return "\n".join(block.text for block in blocks if isinstance(block, Paragraph))


LONGEST = [
    (
        (46.5, 22.5, 22.5),
        "其中超期时间最长的是井陉矿区“南孟村东”（网格编号G1），应于3月12日10时前反馈，已超期46小时。",
        "the longest at 南孟村东, 井陉矿区 (grid G1): to be answered by",
    ),
    (
        (46.5, 46.5, 22.5),
        "其中超期时间并列最长的是井陉矿区“南孟村东”（网格编号G1）、井陉矿区“南孟村东”（网格编号G2），均应于3月12日10时前反馈，已超期46小时。",
        "equally, at 南孟村东, 井陉矿区 (grid G1), 南孟村东, 井陉矿区 (grid G2): to be answered by",
    ),
    (
        (46.5,) * 9 + (22.5,),
        "（网格编号G3）等9处，均应于3月12日10时前反馈，已超期46小时。",
        "(grid G3) and others (9 in all): to be answered by",
    ),
    ((46.5,) * 3, "），均应于3月12日10时前反馈，已超期46小时。", "), all to be answered by"),
]


@pytest.mark.parametrize(("hours", "chinese", "english"), LONGEST)
def test_a_notice_tells_a_tie(hours: tuple[float, ...], chinese: str, english: str) -> None:
    figures = replace(samples.notice(), overdue=overdue(*hours))
    assert chinese in told(compose_notice(figures, samples.ISSUE))
    with using(load("harbour")):
        assert english in told(compose_notice(figures, samples.ISSUE))


@pytest.mark.parametrize(("hours", "chinese"), [(hours, chinese) for hours, chinese, _ in LONGEST[:3]])
def test_a_reminder_tells_a_tie(hours: tuple[float, ...], chinese: str) -> None:
    figures = replace(samples.reminder(), overdue=overdue(*hours))
    assert chinese in told(compose_reminder(figures, samples.ISSUE))


def test_a_reminder_of_one_age_names_no_longest() -> None:
    text = told(compose_reminder(replace(samples.reminder(), overdue=overdue(46.5, 46.5)), samples.ISSUE))
    assert "本次督办的2条报警见附件1，均应于3月12日10时前反馈，已超期46小时。" in text
    assert "最长" not in text


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, "甲"), (3, "甲、乙、丙"), (4, "甲、乙、丙、丁"), (5, "甲、乙、丙等5市")],
)
def test_more_than_one_stands_behind_and_others(count: int, expected: str) -> None:
    assert named("甲乙丙丁戊"[:count], 3) == expected
    assert named("甲乙丙丁", 3, edition="2020-03") == "甲、乙、丙等4市"


def test_the_earliest_of_what_is_left_out_are_all_that_came_then() -> None:
    rows = [samples.overdue_row(1), samples.overdue_row(1, grid_id="G2"), samples.overdue_row(2)]
    at: Callable[[Any], Any] = lambda row: row.deadline_at  # noqa: E731
    assert older_values(3, rows, at, str)["名"].count("网格编号") == 2
    assert older_values(3, rows[2:], at, str)["名"].count("网格编号") == 1
