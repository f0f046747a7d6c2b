"""Every sentence of every letter of the gallery by the rules of wording; pictures are dots here, they are looked at elsewhere."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import pytest
from PIL import Image

from include.letters.composition import Letter, LetterFile
from include.letters.document.manuscript import Paragraph, Run
from include.letters.document.word import TemplatePicture
from include.letters.document.word_reader import read_manuscript
from include.profile.current import load, office, using
from tests.gallery.cases import Case, cases
from tests.gallery.wording import figure_findings, wording_findings

ALL = {case.name: case for case in cases()}
# Their figures are computed: whatever they say above is said again below. The other figures are written out by hand, or corrected.
COMPUTED = {
    *(
        "notice",
        "notice-many",
        "notice-one",
        "notice-answered",
        "notice-old",
        "summary",
        "summary-nothing",
        "summary-one-city",
    ),
    *(
        "summary-first",
        "summary-answered",
        "summary-39",
        "summary-39-late",
        "summary-60",
        "bulletin-first-half",
        "bulletin-no-data",
    ),
    *(
        "bulletin-clusters",
        "bulletin-falling",
        "bulletin-whole-lattice",
        "overview",
        "overview-one",
        "overview-two",
    ),
    *("harbour-notice", "harbour-notice-many", "harbour-notice-answered", "harbour-summary"),
}


def _dot() -> TemplatePicture:
    dot = io.BytesIO()
    Image.new("RGB", (1, 1)).save(dot, "PNG")
    return TemplatePicture(dot.getvalue(), 10, "")


def _dots(figures: Any) -> dict[str, Any]:
    names = ("图_地图", "图_每日", "图_城市", "图_类别", "图_浓度", "图_同比", "图_邮件")
    return {name: _dot() for name in names} | {"图_走势": ()}


@pytest.fixture(scope="module", autouse=True)
def dots() -> Iterator[None]:
    with ExitStack() as stack:
        for kind in ("summary", "bulletin", "overview"):
            stack.enter_context(patch(f"include.letters.pictures.{kind}_pictures.{kind}_pictures", _dots))
        yield


@pytest.mark.parametrize("case", ALL.values(), ids=ALL)
def test_the_words_have_no_finding(case: Case) -> None:
    with using(load(case.profile)):
        letter = case.compose()
        assert wording_findings(letter, office().language) == []
    docx = letter.file("docx")
    if case.name in COMPUTED and docx is not None:
        assert figure_findings(read_manuscript(docx.content).blocks) == []


@pytest.mark.parametrize(
    ("point", "body", "expected"),
    [
        ("推送报警411条，已反馈403/411（98.1%）。", "共411条，反馈403/411（98.1%）。", []),
        ("3月8日至10日推送报警411条，PM2.5平均52μg/m³。", "52 411", []),
        (
            "推送报警411条。",
            "推送报警412条。",
            ["a figure that stands nowhere else: 411 in '推送报警411条。'"],
        ),
        ("已反馈3/4。", "3条中反馈4条", ["a figure that stands nowhere else: 3/4 in '已反馈3/4。'"]),
    ],
)
def test_figures_of_the_points_are_compared(point: str, body: str, expected: list[str]) -> None:
    blocks = (Paragraph("公文要点", (Run(point),)), Paragraph("公文正文", (Run(body),)))
    assert figure_findings(blocks) == expected


def _letter(text: str) -> Letter:
    return Letter("", (LetterFile("text", "a.txt", "a.txt", "text/plain", text.encode()),))


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("zh", "排查发现问题2个：扬尘（道路）2个，见附件2（共3条）。", ""),
        ("zh", "（共3条（见附件））", "brackets within brackets"),
        ("zh", "甲厂（模拟）（中）", "heaped brackets"),
        ("zh", "甲市，。", "signs beside each other"),
        ("zh", "同比改善较小的是甲市（上升3.0%）", "a rise called better"),
        ("zh", "同比改善较小的是甲市（下降3.0%）", ""),
        ("zh", "同比上升-3.0%", "a direction beside a sign"),
        ("zh", "待反馈1条，其中超期1条", "all said as a number of all"),
        ("zh", "待反馈11条，其中超期1条", ""),
        ("zh", "问题发现率0/0", "none of none"),
        ("zh", "推送、超期均上期没有。", "a change of two to what was not there"),
        ("zh", "本期没有向39个城市推送报警。", "alarms pushed to all cities"),
        ("zh", "数据来源：air-quality、test；时段：2020年3月", "a source by the id of its connection"),
        ("zh", "数据来源：演示数据；时段：2020年3月", ""),
        ("zh", "最高 None", "a word of the program"),
        ("zh", "最高None", "a word of the program"),
        ("zh", "规则long_unanswered。", "a code"),
        ("zh", "联系zhang_san@example.org", ""),
        ("en", "1 alarms overdue", "one of several"),
        ("en", "1 alarm, 21 alarms, 1 alarm is overdue, 2.1 hours", ""),
        ("en", "3 alarm overdue", "several of one"),
        ("en", "up 3% on the the period before", "a word said twice"),
        ("en", "up 5.0% on the February", "an article that does not fit"),
        ("en", "alarms：3", "a sign of another script"),
        ("en", "Mill 2 (north) (high)", "heaped brackets"),
        ("en", "(30μg/m³)", "a number without a blank before its unit"),
        ("en", "[Preview]Reminder", "signs beside each other"),
    ],
)
def test_each_kind_of_fault_is_found(language: str, text: str, kind: str) -> None:
    assert [found.partition(":")[0] for found in wording_findings(_letter(text), language)] == (
        [kind] if kind else []
    )
