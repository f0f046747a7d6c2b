"""What is said to be most, where several share the first place."""

import io
from dataclasses import replace

import pytest
from docx import Document

from include.letters.summary import compose_summary
from include.supervision.weekly_figures import RepeatAlarm, RepeatProblem, SummaryFigures
from tests.letters import summaries


@pytest.fixture(autouse=True)
def _few_pixels() -> object:
    with summaries.small_pictures():
        yield


def with_repeats(*counts: int) -> SummaryFigures:
    """The small summary with one grid of repeated alarms and one of repeated problems for each count, the most first."""
    plain = summaries.plain()
    alarm, problem = plain.repeat_alarms[0], plain.repeat_problems[0]
    alarms: list[RepeatAlarm] = []
    problems: list[RepeatProblem] = []
    for number, count in enumerate(counts, start=1):
        alarms.append(replace(alarm, grid_id=f"G{number}", recent_alarms=count))
        problems.append(replace(problem, grid_id=f"G{number}", alarms=count))
    return replace(plain, repeat_alarms=tuple(alarms), repeat_problems=tuple(problems))


@pytest.mark.parametrize(
    ("counts", "alarms", "problems"),
    [
        ((5, 5), "网格2个：阳泉市郊区G1（5条）、阳泉市郊区G2（5条）。", "屡查屡犯2处，均为第5次。"),
        (
            (7, 5, 5),
            "网格3个，最多的是阳泉市郊区G1（7条）。",
            "屡查屡犯3处，最多的是石家庄市赵县G1网格“扬尘（道路）”（第7次）。",
        ),
        ((7, 7, 5), "最多的是阳泉市郊区G1、阳泉市郊区G2（并列，各7条）。", "”（并列，第7次）。"),
        ((13,) * 6, "网格6个，均为13条。", "屡查屡犯6处，均为第13次。"),
        ((13,) * 5 + (4,), "、阳泉市郊区G3等5个（并列，各13条）。", "”等5处（并列，第13次）。"),
    ],
)
def test_of_equal_ones_none_has_most(counts: tuple[int, ...], alarms: str, problems: str) -> None:
    file = compose_summary(with_repeats(*counts), summaries.ISSUE).file("docx")
    assert file is not None
    text = "\n".join(one.text for one in Document(io.BytesIO(file.content)).paragraphs)
    assert alarms in text
    assert problems in text
