"""Signs of pollutants stand with low numbers everywhere that a person reads them, and nothing else does."""

import pytest

from include.letters.bulletin import compose_bulletin
from include.letters.document.formulas import pieces, subscripted
from include.letters.document.word_reader import read_manuscript
from tests.letters import bulletins


@pytest.mark.parametrize(
    ("told", "printed"),
    [
        ("PM2.5平均浓度", "PM₂.₅平均浓度"),
        ("PM10、SO2、NO2和O3日最大8小时", "PM₁₀、SO₂、NO₂和O₃日最大8小时"),
        ("（PM2.5）", "（PM₂.₅）"),
        ("CO", "CO"),
        (
            "网格T-NO2-1、GO2、NO21、so2@a.cn、a/O3.pdf、PM2.55",
            "网格T-NO2-1、GO2、NO21、so2@a.cn、a/O3.pdf、PM2.55",
        ),
        ("", ""),
    ],
)
def test_numbers_of_signs_stand_low(told: str, printed: str) -> None:
    assert subscripted(told) == printed
    assert "".join(text for text, _ in pieces(told)) == told


def test_the_pieces_of_a_text() -> None:
    assert list(pieces("有SO2和PM10。")) == [
        ("有SO", False),
        ("2", True),
        ("和PM", False),
        ("10", True),
        ("。", False),
    ]


def test_a_bulletin_has_them_in_document_and_mail() -> None:
    with bulletins.small_pictures():
        letter = compose_bulletin(bulletins.bulletin(), bulletins.ISSUE)
    docx, html, text = (letter.file(role) for role in ("docx", "html", "text"))
    assert docx is not None
    assert html is not None
    assert text is not None
    low = [
        run
        for block in read_manuscript(docx.content).blocks
        for row in getattr(block, "rows", ())
        for cell in row
        for paragraph in cell.paragraphs
        for run in paragraph.runs
        if run.position == "sub"
    ]
    assert {"10", "3"} <= {run.text for run in low}
    for content in (html.content.decode(), text.content.decode()):
        assert "PM₂.₅" in content
        assert "PM2.5" not in content
