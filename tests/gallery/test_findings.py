"""The checks of layout find what they are for, on pages and pictures that are wrong in one way each."""

from typing import Any

import pytest
import typst
from matplotlib.figure import Figure

from include.letters.document.manuscript import Manuscript, Paragraph, Run
from include.letters.document.typefaces import load_typefaces
from include.letters.pictures.chart_style import styled
from tests.gallery.findings import figure_findings, page_findings, word_findings
from tests.gallery.pages import pages_of

_PAGE = (
    '#set page(paper: "a4", margin: (top: 37mm, bottom: 35mm, left: 28mm, right: 26mm))\n'
    '#set text(font: "Noto Serif SC", size: 15.75pt, lang: "zh", region: "cn", cjk-latin-spacing: none)\n'
    "#set par(justify: true, leading: 13.24pt, spacing: 13.24pt)\n"
)


def found(markup: str) -> list[str]:
    pdf: Any = typst.compile((_PAGE + markup).encode(), font_paths=load_typefaces().fonts)
    return page_findings(pages_of(pdf))


@pytest.mark.parametrize(
    "markup",
    [
        "国" * 28 * 10,
        "各时段的反馈率（%）：" * 20,
        "#table(columns: 2, [3月10日 15:44], [已反馈（条）])",
        "国#sub[2.5]，国#super[3]。",
        "国" * 28 * 10 + "\n#pagebreak()\n" + "国" * 28,
        "国" * 28 + "国国国。",
        "#place(dx: 20mm, dy: -5mm, line(length: 10mm, angle: 90deg))#place(dx: 20mm - 32pt)[国国~~]",  # blanks on the line
    ],
)
def test_what_is_well_set_has_no_finding(markup: str) -> None:
    assert found(markup) == []


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("#place(dx: 150mm)[国国国国]", "page 1: text beyond the right margin: '国国国国'"),
        ("#place(dx: 176mm)[国国国国]", "page 1: text at the edge of the paper or beyond: '国国国国'"),
        ("#place[国国]#place(dx: 5pt)[人人]", "page 1: text over text: '国国' and '人人'"),
        (
            "#place[国国]#place(dx: 10pt, dy: -5mm, line(length: 10mm, angle: 90deg))",
            "page 1: a line through '国国'",
        ),
        (
            "#place(dx: 20mm, dy: -5mm, line(length: 10mm, angle: 90deg))#place(dx: 20mm - 24pt)[75 国 ]",
            "page 1: a line through '75 国'",
        ),
        ("国\n#pagebreak()\n人", "page 1: only 4% of the type area's height is filled"),
        ("国" * 27 + "#box[国]；国国", "page 1: a line begins with a sign that ends: '；国国'"),
        (
            "国" * 15 + "#box(width: 13.5em)[网]" + "国" * 40,
            "page 1: a line stretched 1.93 times: '" + "国" * 15 + "'",
        ),
        ("国" * 28 + "\\ 国。", "page 1: a last line of one or two characters: '国。'"),
        (
            "#set text(size: 9pt)\n#set par(leading: 4pt, justify: false)\n#box(width: 5em)[#h(1em)3月10日15:44]",
            "page 1: a moment on two lines: '3月10日' '15:44'",
        ),
        (
            "#set text(size: 9pt)\n#set par(leading: 4pt, justify: false)\n#box(width: 2.2em)[并列13]",
            "page 1: a rank on two lines: '并列' '13'",
        ),
        (
            "#set text(size: 9pt)\n#set par(leading: 4pt, justify: false)\n#box(width: 5em)[12 March 8:30]",
            "page 1: a moment on two lines: '12 March' '8:30'",
        ),
        (
            "国" * 28 * 10 + "\n#pagebreak()\n报送邮箱：a\n\n局\n\n2020年3月13日",
            "page 2: a page without a line of text, a table or a picture",
        ),
        (
            "国" * 28 * 10 + "\n#pagebreak()\n五是核查。\n\n附件1",
            "page 2: one line of the text alone over an annex",
        ),
        ("甲#sym.zws 乙", "page 1: a hidden sign in '甲\\u200b 乙'"),
    ],
)
def test_each_kind_of_fault_is_found(markup: str, expected: str) -> None:
    assert expected in found(markup)


@styled
def _picture(draw: Any) -> Figure:
    figure = Figure(figsize=(4, 3))
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8), xlim=(0, 1), ylim=(0, 1), autoscale_on=False)
    axes.set_axis_off()
    draw(axes)
    return figure


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (lambda axes: axes.text(0.5, 0.5, "甲") and axes.text(0.9, 0.1, "乙"), []),
        (
            lambda axes: axes.text(0.5, 0.5, "甲甲") and axes.text(0.52, 0.5, "乙乙"),
            ["text over text: '乙乙' and '甲甲'"],
        ),
        (lambda axes: axes.text(1.2, 0.5, "甲"), ["text at the edge of the picture or beyond: '甲'"]),
        (
            lambda axes: axes.text(1.123, 0.5, "甲", ha="right"),
            ["text at the edge of the picture or beyond: '甲'"],
        ),
        (lambda axes: axes.text(0.5, 0.5, "75") and axes.plot((0, 1), (0.52, 0.52)), ["a line through '75'"]),
        (
            lambda axes: (
                axes.text(0.5, 0.5, "8") and axes.fill([0.5, 0.52, 0.52], [0.5, 0.5, 0.56], color="k")
            ),
            ["a drawn sign over '8'"],
        ),
        (
            lambda axes: (
                axes.set_facecolor("#cc5c0c")
                or axes.set_axis_on()
                or axes.text(0.5, 0.5, "阳泉", color="#c00000")
            ),
            ["text of a contrast of 1.6: '阳泉'"],
        ),
        (
            lambda axes: axes.text(0.5, 0.5, "赵县") and axes.plot(0.54, 0.52, marker="^"),
            ["a mark over '赵县'"],
        ),
    ],
)
def test_each_kind_of_fault_of_a_picture_is_found(draw: Any, expected: list[str]) -> None:
    assert figure_findings(_picture(draw)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("扬尘（道路）1个，其中整改中1个（见附件2）。", []),
        ("（共3条（见附件））", ["brackets within brackets: '（共3条（见附件）'"]),
        ("甲市，。", ["signs beside each other: '甲市，。'"]),
    ],
)
def test_faults_of_wording_are_found(text: str, expected: list[str]) -> None:
    manuscript = Manuscript("函", "局", "", (Paragraph("公文正文", (Run(text),)),))
    assert word_findings(manuscript) == expected
